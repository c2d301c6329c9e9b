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


def with_norms(tuned: bool, of_backbone: bool) -> dict[str, Any]:
    """The parameters with norms or without in the VGG16 that is fine-tuned, and in that which is its backbone."""
    return changed("finetuned.vgg16.hyper.norms", tuned, changed("pretrained.colour_vgg16.hyper.norms", of_backbone))


def mistake(values: Any) -> str:
    """The line that refuses these parameters, without the name of the file."""
    with pytest.raises(UserError) as caught:
        parse_params(values)
    message = str(caught.value)
    assert "\n" not in message
    assert " object at " not in message
    assert message.startswith("params.yaml: ")
    return message.removeprefix("params.yaml: ")
