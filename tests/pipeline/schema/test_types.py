"""Types that the sections of params.yaml share, and the line that reports a wrong value."""

import math
from typing import Annotated

import pytest
from pydantic import ValidationError

from tests.parameters import changed, mistake
from vision.pipeline.params import parse_params
from vision.pipeline.schema.types import Count, Distinct, Float, Name, Seeds, section

Probe = section(
    "Probe", number=(Float, 1), count=(Count, 1), seeds=(Seeds, (0, 1)), names=(Annotated[list[Name], Distinct], ())
)


@pytest.mark.parametrize(
    ("key", "accepted", "refused"),
    [
        ("number", [-1, 0, "1.0e-05", "0.5"], [math.nan, math.inf, True, "fast", None]),
        ("count", [1], [0, 2.5, 2.0, "2", True]),
        ("seeds", [[0, 2**32 - 1]], [[0], [1, 1], [0, -1], [0, 2**32]]),
        ("names", [["a", "a_2"]], [["a", "a"], ["A"], ["a-b"], ["2a"], [""], ["a/b"]]),
    ],
)
def test_type_accepts_its_range_and_nothing_else(key, accepted, refused):
    for value in accepted:
        assert getattr(Probe(**{key: value}), key) == (float(value) if isinstance(value, str) else value)
    for value in refused:
        with pytest.raises(ValidationError):
            Probe(**{key: value})
    with pytest.raises(ValidationError, match="frozen"):
        Probe().count = 2


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("lr", 0, "lr is 0: should be greater than 0"),
        ("lr", True, "lr is True: should be a number"),
        ("subsets", 3, "subsets is 3: should be a section of key: value lines"),
        ("models.relu_mlp", None, "models.relu_mlp is None: should be a section of key: value lines"),
        ("subsets.seeds", [1, 1], "subsets.seeds is [1, 1]: should have each value once"),
        ("device", "tpu", "device is 'tpu': should be 'cpu', 'cuda' or 'mps'"),
        ("replications.softmax_lambdas.weight_decay", [1, -1], "replications.softmax_lambdas.weight_decay.1 is -1: "),
    ],
)
def test_wrong_value_is_one_line_with_key_value_and_what_is_allowed(key, value, words):
    assert mistake(changed(key, value)).startswith(words)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lr", "1.0e-05"),
        ("finetuned.resnet18.unfrozen.lr", ["1e-06", 0.1, "1e-05"]),
        ("replications.softmax_lambdas.weight_decay", ["1e-05", 1]),
    ],
)
def test_quoted_numbers_are_numbers(key, value):
    read = parse_params(changed(key, value)).model_dump()
    for name in key.split("."):
        read = read[name]
    assert read == ([float(item) for item in value] if isinstance(value, list) else float(value))
