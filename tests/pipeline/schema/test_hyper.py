"""Hyper-parameters: each class takes what the schema describes, and a wrong one is named."""

import inspect
from importlib import import_module

import pytest

from tests.parameters import CLASSIFIER, FEATURES, changed, mistake, with_model
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params
from vision.pipeline.registry import find
from vision.pipeline.schema.hyper import ESTIMATORS, MOST_WEIGHTS, NETS, REPRESENTATIONS

MLP, VGG = {"hidden": [5], "activation": "tanh"}, {"norms": False, "head": "dense", "dense_units": 512}
SCATTERING = {"scales": 2, "angles": 8, "precision": "float32"}
DESCRIBED = [
    *[("nets", name, kind, {"mean", "std", "shape", "n_classes"}) for name, kind in NETS.items()],
    *[("classifiers", name, kind, {"seed", "threads"}) for name, kind in ESTIMATORS.items()],
    *[("features", name, kind, {"seed", "threads", "device"}) for name, kind in REPRESENTATIONS.items()],
]


@pytest.mark.parametrize(("folder", "name", "kind", "given"), DESCRIBED, ids=[name for _, name, *_ in DESCRIBED])
def test_each_class_takes_the_hyper_parameters_that_the_schema_describes(folder, name, kind, given):
    described = getattr(import_module(f"vision.{folder}.{name}"), kind.__name__)
    assert set(inspect.signature(described).parameters) == set(kind.model_fields) | given
    registry = {"nets": NETS, "classifiers": ESTIMATORS, "features": REPRESENTATIONS}[folder]
    assert find(folder, registry, name) is described


def test_find_names_the_known_classes():
    with pytest.raises(UserError, match=f"^unknown name 'mpl' of vision/nets; allowed: {', '.join(NETS)}$"):
        find("nets", NETS, "mpl")


@pytest.mark.parametrize(
    ("net", "hyper", "words"),
    [
        ("mlp", MLP | {"hiden": [5]}, "hiden is [5]: mlp has none; allowed: hidden, activation"),
        ("mlp", {"hiden": [5], "activation": "tanh"}, "hiden is [5]: mlp has none; "),
        ("mlp", {"hidden": []}, "activation is missing: mlp needs it"),
        ("mlp", MLP | {"hidden": [5, 0]}, "hidden.1 is 0: "),
        ("mlp", MLP | {"hidden": [16_385]}, "hidden.0 is 16385: "),
        ("mlp", MLP | {"hidden": [16_384, 16_385]}, "hidden.1 is 16385: "),
        (
            "mlp",
            MLP | {"hidden": [16_384, 16_384, 1]},
            f"should make at most {MOST_WEIGHTS:,} weights, not 268,451,840",
        ),
        ("mlp", MLP | {"hidden": 25}, "hidden is 25: input should be a valid list"),
        ("mlp", MLP | {"n_classes": 3}, "n_classes is 3: mlp has none"),  # the data decide that
        ("convnet", {"dropout": 1}, "dropout is 1: "),
        ("vgg16", VGG | {"norms": "yes"}, "norms is 'yes': "),
        ("vgg16", VGG | {"head": "linear"}, "dense_units is 512: input should be 0 for a linear head"),
        ("vgg16", VGG | {"dense_units": 0}, "dense_units is 0: input should be above 0 for a dense head"),
    ],
)
def test_a_wrong_hyper_parameter_of_a_net_is_named(net, hyper, words):
    message = mistake(with_model(net=net, hyper=hyper))
    assert message.startswith("models.new.hyper.")
    assert words in message


@pytest.mark.parametrize(
    ("net", "hyper"),
    [
        ("mlp", MLP | {"hidden": [16_384, 16_384]}),
        ("vgg16", VGG),
        ("vgg16", VGG | {"head": "linear", "dense_units": 0}),
    ],
)
def test_hyper_parameters_within_their_ranges_are_accepted(net, hyper):
    assert parse_params(with_model(net=net, hyper=hyper)).models["new"].hyper == hyper


def test_a_wrong_hyper_parameter_of_a_classifier_or_of_features_is_named():
    neighbours = mistake(changed("classifiers.new", {**CLASSIFIER, "hyper": {"neighbors": 3}}))
    assert neighbours == "classifiers.new.hyper.neighbors is 3: knn has none; allowed: neighbours"
    scattering = {**FEATURES, "representation": "scattering", "hyper": SCATTERING | {"scales": 7}}
    assert mistake(changed("features.new", scattering)).startswith("features.new.hyper.scales is 7: ")


def test_a_classifier_without_hyper_parameters_need_not_say_so():
    values = changed("classifiers.new", {"role": "fashion", "inputs": "fashion", "estimator": "mean_image"})
    assert parse_params(values).classifiers["new"].hyper == {}
    assert mistake(changed("classifiers.new.hyper", {"k": 3}, values)).endswith("mean_image has none; allowed: nothing")


def test_an_unknown_net_is_named_and_not_its_hyper_parameters():
    assert mistake(with_model(net="mpl", hyper={"a": 3})).startswith("models.new.net is 'mpl': ")
