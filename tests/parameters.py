"""The project's own parameters, what a test puts into them, and the one line that a mistake is told in."""

import copy
from typing import Any

import pytest
import yaml

from tests.scratch import ROOT
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params

VALUES = yaml.safe_load((ROOT / "params.yaml").read_text())
OF_HANDWRITING = {"role": "handwriting", "inputs": "handwriting"}
MODEL = {
    **OF_HANDWRITING, "net": "mlp", "hyper": {"hidden": [5], "activation": "tanh"},
    "lr": 0.1, "batch_size": 8, "epochs": 2,
}  # fmt: skip
CLASSIFIER = {**OF_HANDWRITING, "estimator": "knn", "hyper": {"neighbours": 3}}
FEATURES = {**OF_HANDWRITING, "representation": "principal_components", "hyper": {"components": 4}}


def changed(key: str, value: Any, values: dict[str, Any] = VALUES) -> dict[str, Any]:
    """The parameters with one value put in, at a dotted key."""
    values = copy.deepcopy(values)
    *sections, last = key.split(".")
    section = values
    for name in sections:
        section = section[name]
    section[last] = copy.deepcopy(value)
    return values


def with_model(**entry: Any) -> dict[str, Any]:
    """The parameters with one more model, `new`."""
    return changed("models.new", {**MODEL, **entry})


def with_vgg16(norms: bool = True, of_trunk: bool = True) -> dict[str, Any]:
    """The parameters with a VGG16 of colour images, a trunk of it, one that is fine-tuned, and a layer of that."""
    trained = {"net": "vgg16", "hyper": {"norms": of_trunk, "head": "linear", "dense_units": 0}}
    tuned = {"net": "vgg16", "hyper": {"norms": norms, "head": "dense", "dense_units": 512}, "trunk": "vgg16"}
    layer = {**OF_HANDWRITING, "net": "vgg16", "weights": "vgg16", "layer": "features_24"}
    entries = {
        "models.colour_vgg16": {**VALUES["models"]["colour_resnet18"], **trained},
        "trunks.vgg16": {"net": "vgg16", "weights": "cifar10", "pretrained": "colour_vgg16"},
        "finetuned.vgg16": {**VALUES["finetuned"]["resnet18"], **tuned},
        "layers.handwriting_vgg16": layer,
    }
    values = VALUES
    for key, entry in entries.items():
        values = changed(key, entry, values)
    return values


def mistake(values: Any) -> str:
    """The line that refuses these parameters, without the name of the file."""
    with pytest.raises(UserError) as caught:
        parse_params(values)
    message = str(caught.value)
    assert "\n" not in message
    assert " object at " not in message
    assert message.startswith("params.yaml: ")
    return message.removeprefix("params.yaml: ")
