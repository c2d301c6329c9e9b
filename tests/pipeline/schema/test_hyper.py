"""Hyper-parameters: each class takes those that the schema describes, and a wrong one is named."""

import inspect
from importlib import import_module

import pytest

from tests.parameters import MODEL, changed, mistake, with_model
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params
from vision.pipeline.registry import load_class
from vision.pipeline.schema.hyper import BACKBONES, ESTIMATORS, NETS, OF_FEATURES, REPRESENTATIONS

MLP = {"hidden": [5], "activation": "tanh"}
REGISTRIES = {
    "nets": (NETS, {"mean", "std", "shape", "n_classes"}),
    "classifiers": (ESTIMATORS, {"seed", "threads"}),
    "features": (REPRESENTATIONS, {"seed", "threads", "device"}),
}


@pytest.mark.parametrize(
    ("package", "name"), [(package, name) for package in REGISTRIES for name in REGISTRIES[package][0]]
)
def test_class_takes_exactly_the_hyper_parameters_of_the_schema(package, name):
    registry, others = REGISTRIES[package]
    described = getattr(import_module(f"vision.{package}.{name}"), registry[name].__name__)
    assert load_class(package, registry, name) is described
    assert set(inspect.signature(described).parameters) == set(registry[name].model_fields) | others


def test_load_class_names_the_known_classes():
    with pytest.raises(UserError, match=f"^unknown name 'mpl' of vision/nets; allowed: {', '.join(NETS)}$"):
        load_class("nets", NETS, "mpl")
    assert {*BACKBONES, *OF_FEATURES} <= NETS.keys()


@pytest.mark.parametrize(
    ("net", "hyper", "words"),
    [
        ("mlp", {"hiden": [5], "activation": "tanh"}, "unknown parameter {}.hiden; did you mean hidden? "),
        ("mlp", {"hidden": []}, "{}.activation is missing"),
        ("mlp", MLP | {"hidden": [5, 0]}, "{}.hidden.1 is 0: should be greater than or equal to 1"),
        ("mlp", 3, "{} is 3: should be a section of key: value lines"),
    ],
)
def test_wrong_hyper_parameter_of_a_net_is_named(net, hyper, words):
    assert mistake(with_model(net=net, hyper=hyper)).startswith(words.format("models.new.hyper"))


def test_hyper_is_the_given_dict_or_empty():
    assert parse_params(with_model(hyper=MLP)).models["new"].hyper == MLP
    nearest = changed("classifiers.new", {"role": "fashion", "inputs": "fashion", "estimator": "mean_image"})
    assert parse_params(nearest).classifiers["new"].hyper == {}
    without = {key: value for key, value in MODEL.items() if key != "hyper"}
    assert mistake(changed("models.new", without)).startswith("models.new.hyper.hidden is missing")
    assert mistake(changed("classifiers.new.hyper", {"k": 3}, nearest)).endswith("hyper.k; Allowed here: nothing")
