"""Hyper-parameters: described once, taken by the class that is meant, and a wrong one is one line."""

import inspect
from importlib import import_module

import pytest

from tests.parameters import CLASSIFIER, FEATURES, changed, mistake, with_model
from vision.pipeline.params import parse_params
from vision.pipeline.schema.hyper import ESTIMATORS, NETS, REPRESENTATIONS

OF_THE_DATA = {"mean", "std", "shape", "n_classes"}
MLP, CONVNET, RESNET = {"hidden": [5], "activation": "tanh"}, {"dropout": 0.5}, {"head": "linear"}
VGG = {"norms": False, "head": "dense", "dense_units": 512}
SCATTERING = {"scales": 2, "angles": 8, "precision": "float32"}
DESCRIBED = [
    *[("nets", name, kind, OF_THE_DATA) for name, kind in NETS.items()],
    *[("classifiers", name, kind, {"seed", "threads"}) for name, kind in ESTIMATORS.items()],
    *[("features", name, kind, {"seed", "threads", "device"}) for name, kind in REPRESENTATIONS.items()],
]


@pytest.mark.parametrize(("room", "name", "kind", "given"), DESCRIBED, ids=[name for _, name, *_ in DESCRIBED])
def test_what_is_described_is_what_the_class_of_that_name_takes(room, name, kind, given):
    described = getattr(import_module(f"vision.{room}.{name}"), kind.__name__)
    assert set(inspect.signature(described).parameters) == set(kind.model_fields) | given


@pytest.mark.parametrize(
    ("net", "hyper", "key", "value"),
    [
        ("mlp", MLP | {"width": 3}, "width", 3),
        ("mlp", MLP | {"hidden": [0]}, "hidden.0", 0),
        ("mlp", MLP | {"hidden": [5, 1.5]}, "hidden.1", 1.5),
        ("mlp", MLP | {"hidden": [True]}, "hidden.0", True),
        ("mlp", MLP | {"hidden": [16_385]}, "hidden.0", 16_385),
        ("mlp", MLP | {"hidden": "abc"}, "hidden", "abc"),
        ("mlp", MLP | {"hidden": None}, "hidden", None),
        ("mlp", MLP | {"activation": "gelu"}, "activation", "gelu"),
        ("mlp", MLP | {"activation": "line\nbreak"}, "activation", "line\nbreak"),
        ("mlp", MLP | {"n_classes": 3}, "n_classes", 3),  # the data decide that
        ("convnet", {"dropout": 1}, "dropout", 1),
        ("convnet", {"dropout": -0.1}, "dropout", -0.1),
        ("convnet", {"dropout": "half"}, "dropout", "half"),
        ("convnet", CONVNET | {"kernels": 3}, "kernels", 3),
        ("convnet", CONVNET | {"shape": [1, 8, 8]}, "shape", [1, 8, 8]),
        ("resnet18", {"head": "fastai"}, "head", "fastai"),
        ("resnet18", {"head": True}, "head", True),
        ("resnet18", RESNET | {"dropout": 0.5}, "dropout", 0.5),
        ("resnet18", RESNET | {"norms_learn": True}, "norms_learn", True),
        ("vgg16", VGG | {"norms": 1}, "norms", 1),
        ("vgg16", VGG | {"norms": "yes"}, "norms", "yes"),
        ("vgg16", VGG | {"head": "concat_pool"}, "head", "concat_pool"),
        ("vgg16", VGG | {"dense_units": -1}, "dense_units", -1),
        ("vgg16", VGG | {"dense_units": 4097}, "dense_units", 4097),
        ("vgg16", VGG | {"dense_units": 512.0}, "dense_units", 512.0),
        ("vgg16", VGG | {"dense_units": True}, "dense_units", True),
        ("vgg16", VGG | {"dropout": 0.5}, "dropout", 0.5),
    ],
    ids=str,
)
def test_a_wrong_hyper_parameter_of_a_net_is_one_line_with_the_key_and_the_value(net, hyper, key, value):
    assert mistake(with_model(net=net, hyper=hyper)).startswith(f"models.new.hyper.{key} is {value!r}: ")


@pytest.mark.parametrize(
    ("head", "units", "wanted"), [("linear", 512, "0 for a linear head"), ("dense", 0, "above 0 for a dense head")]
)
def test_the_units_of_a_head_are_those_it_has(head, units, wanted):
    hyper = VGG | {"head": head, "dense_units": units}
    message = f"models.new.hyper.dense_units is {units}: input should be {wanted}"
    assert mistake(with_model(net="vgg16", hyper=hyper)) == message
    right = VGG | {"head": head, "dense_units": 512 - units}
    assert parse_params(with_model(net="vgg16", hyper=right)).models["new"].hyper == right


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scales", 0), ("scales", 7), ("scales", 2.5), ("scales", "2"), ("angles", 0), ("angles", 65), ("angles", None),
        ("precision", "float64"), ("precision", 16), ("seed", 1),
    ],
    ids=str,
)  # fmt: skip
def test_a_wrong_hyper_parameter_of_scattering_is_one_line_with_the_key_and_the_value(key, value):
    entry = {**FEATURES, "representation": "scattering", "hyper": SCATTERING | {key: value}}
    assert mistake(changed("features.new", entry)).startswith(f"features.new.hyper.{key} is {value!r}: ")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (with_model(hyper={**MLP, "hiden": [5]}), "models.new.hyper.hiden is [5]: mlp has none; allowed: hidden, "),
        (with_model(hyper={"hiden": [5], "activation": "tanh"}), "models.new.hyper.hiden is [5]: mlp has none; "),
        (
            changed("classifiers.new", {**CLASSIFIER, "hyper": {"neighbors": 3}}),
            "classifiers.new.hyper.neighbors is 3: knn has none; allowed: neighbours",
        ),
        (
            changed("features.new", {**FEATURES, "hyper": {"component": 3}}),
            "features.new.hyper.component is 3: principal_components has none; allowed: components",
        ),
    ],
    ids=["one more", "net", "estimator", "representation"],
)
def test_a_misspelt_hyper_parameter_is_told_those_that_there_are(values, message):
    assert mistake(values).startswith(message)


@pytest.mark.parametrize(
    ("section", "entry", "words"),
    [
        ("models", {"net": "mlp", "hyper": {"hidden": []}}, "activation is missing: mlp needs it"),
        ("models", {"net": "mlp", "hyper": {"activation": "tanh"}}, "hidden is missing: mlp needs it"),
        ("models", {"net": "convnet", "hyper": {}}, "dropout is missing: convnet needs it"),
        ("models", {"net": "resnet18", "hyper": {}}, "head is missing: resnet18 needs it"),
        ("models", {"net": "vgg16", "hyper": {"norms": True, "dense_units": 0}}, "head is missing: vgg16 needs it"),
        (
            "models",
            {"net": "vgg16", "hyper": {"norms": True, "head": "linear"}},
            "dense_units is missing: vgg16 needs it",
        ),
        ("classifiers", {**CLASSIFIER, "hyper": {}}, "neighbours is missing: knn needs it"),
        ("features", {**FEATURES, "hyper": {}}, "components is missing: principal_components needs it"),
    ],
)
def test_a_missing_hyper_parameter_is_named(section, entry, words):
    values = with_model(**entry) if section == "models" else changed(f"{section}.new", entry)
    assert mistake(values) == f"{section}.new.hyper.{words}"
    del values[section]["new"]["hyper"]
    assert mistake(values).startswith(f"{section}.new.hyper.")


@pytest.mark.parametrize("name", ["mean_image", "linear_discriminant"])
def test_an_entry_that_has_nothing_to_choose_need_not_say_so(name):
    values = changed("classifiers.new", {"role": "fashion", "inputs": "fashion", "estimator": name})
    assert parse_params(values).classifiers["new"].hyper == {}
    assert mistake(changed("classifiers.new.hyper", {"k": 3}, values)).endswith(f"{name} has none; allowed: nothing")


@pytest.mark.parametrize("key", [3, None, True])
def test_a_hyper_parameter_whose_name_is_no_text_is_refused(key):
    assert f" is {key!r}: input should be a valid string" in mistake(with_model(hyper={**MLP, key: 3}))


def test_a_misspelt_net_is_told_and_not_its_hyper_parameters():
    assert mistake(with_model(net="mpl", hyper={"a": 3})).startswith("models.new.net is 'mpl': ")


def test_a_number_that_yaml_reads_as_text_is_a_number():
    assert parse_params(with_model(net="convnet", hyper={"dropout": "5e-1"})).models["new"].hyper == {"dropout": 0.5}
