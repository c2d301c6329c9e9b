"""Hyper-parameters of classifiers and features in params.yaml: the message names the key and the value."""

import copy

import pytest
import yaml

from tests.scratch import ROOT
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params

VALUES = yaml.safe_load((ROOT / "params.yaml").read_text())
FEATURES = next(name for name, entry in VALUES["features"].items() if "components" in entry["hyper"])


@pytest.mark.parametrize(
    ("section", "name", "key", "value"),
    [
        ("classifiers", "knn", "neighbours", 0),
        ("classifiers", "random_forest", "trees", 0),
        ("classifiers", "logistic_regression", "inverse_penalty", 0),
        ("classifiers", "logistic_regression", "iterations", 0),
        ("classifiers", "svm", "penalty", float("inf")),
        ("classifiers", "svm", "pca_components", 50),  # unknown: principal components are features
        ("features", FEATURES, "components", 0),
    ],
    ids=str,
)
def test_wrong_hyper_parameter_is_named(section, name, key, value):
    values = copy.deepcopy(VALUES)
    values[section][name]["hyper"][key] = value
    with pytest.raises(UserError) as caught:
        parse_params(values)
    assert str(caught.value).startswith(f"params.yaml: {section}.{name}.hyper.{key} is {value!r}: ")
