"""The project's own parameters, changes of them for tests, and the line that reports an error in them."""

import copy
from typing import Any

import pytest
import yaml

from tests.scratch import ROOT
from vision.pipeline.errors import UserError
from vision.pipeline.params import parse_params

VALUES = yaml.safe_load((ROOT / "params.yaml").read_text())
DATA = {"role": "handwriting", "inputs": "handwriting"}
MODEL = {
    **DATA, "net": "mlp", "hyper": {"hidden": [5], "activation": "tanh"}, "lr": 0.1, "batch_size": 8, "epochs": 2,
}  # fmt: skip
CLASSIFIER = {**DATA, "estimator": "knn", "hyper": {"neighbours": 3}}
FEATURES = {**DATA, "representation": "principal_components", "hyper": {"components": 4}}


def changed(key: str, value: Any, values: dict[str, Any] = VALUES) -> dict[str, Any]:
    """The parameters with another value at a dotted key."""
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


def mistake(values: Any) -> str:
    """The line that refuses these parameters, without the name of the file."""
    with pytest.raises(UserError) as caught:
        parse_params(values)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("params.yaml: ")
    return message.removeprefix("params.yaml: ")
