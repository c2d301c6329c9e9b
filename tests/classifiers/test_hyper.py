"""The hyper-parameters of classifiers in params.yaml: a wrong one is one line with its key and its value."""

import copy

import pytest
import yaml

from tests.scratch import ROOT
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params

VALUES = yaml.safe_load((ROOT / "params.yaml").read_text())
OF = {name: entry["estimator"] for name, entry in VALUES["classifiers"].items()}


def with_hyper(name, **changes):
    values = copy.deepcopy(VALUES)
    entry = values["classifiers"][name]
    entry["hyper"] = {**entry.get("hyper", {}), **changes}
    return values


def mistake(values):
    with pytest.raises(UserError) as caught:
        parse_params(values)
    assert "\n" not in str(caught.value)
    assert " object at " not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("knn", "neighbours", 0),
        ("knn", "neighbours", 2.5),
        ("knn", "neighbours", True),
        ("random_forest", "trees", "many"),
        ("random_forest", "trees", 0),
        ("logistic_regression", "inverse_penalty", -1),
        ("logistic_regression", "inverse_penalty", "line\nbreak"),
        ("logistic_regression", "iterations", 0),
        ("svm", "penalty", 0),
        ("svm", "penalty", float("inf")),
        ("svm", "penalty", float("nan")),
        ("svm", "penalty", None),
    ],
    ids=str,
)
def test_a_value_that_is_not_allowed_is_told_with_its_key(name, key, value):
    message = mistake(with_hyper(name, **{key: value}))
    assert message.startswith(f"params.yaml: classifiers.{name}.hyper.{key} is {value!r}: ")


@pytest.mark.parametrize("key", ["k", "seed", "threads", "self"])
@pytest.mark.parametrize(("name", "known"), [("knn", "neighbours"), ("mean_image", "nothing")])
def test_a_key_that_a_classifier_has_not_is_told_with_those_it_has(name, known, key):
    expected = f"params.yaml: classifiers.{name}.hyper.{key} is 3: {OF[name]} has none; allowed: {known}"
    assert mistake(with_hyper(name, **{key: 3})) == expected


def test_a_support_vector_machine_holds_no_principal_components():
    message = mistake(with_hyper("svm", pca_components=50))
    assert message.startswith("params.yaml: classifiers.svm.hyper.pca_components is 50: ")


@pytest.mark.parametrize("components", [0, 2.5, None])
def test_the_number_of_principal_components_is_a_count(components):
    values = copy.deepcopy(VALUES)
    name = next(name for name, entry in VALUES["features"].items() if "components" in entry["hyper"])
    values["features"][name]["hyper"]["components"] = components
    assert mistake(values).startswith(f"params.yaml: features.{name}.hyper.components is {components!r}: ")


def test_a_missing_hyper_parameter_is_named():
    values = copy.deepcopy(VALUES)
    del values["classifiers"]["knn"]["hyper"]
    assert mistake(values).startswith("params.yaml: classifiers.knn.hyper.neighbours is missing")


def test_a_number_that_yaml_reads_as_text_is_a_number():
    assert parse_params(with_hyper("svm", penalty="1e1")).classifiers["svm"].hyper == {"penalty": 10.0}
