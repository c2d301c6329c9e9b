"""Types that the sections of params.yaml share, and how a value that does not fit is reported."""

import math
from typing import Annotated

import pytest
from pydantic import ValidationError

from tests.parameters import changed, mistake
from vision.pipeline.params import parse_params
from vision.pipeline.schema.types import Count, Distinct, Float, Name, Rate, Seed, Seeds, StrictModel


class Probe(StrictModel):
    """One key of each type."""

    number: Float = 1
    rate: Rate = 1
    count: Count = 1
    seed: Seed = 0
    seeds: Seeds = (0, 1)
    names: Annotated[list[Name], Distinct] = ()


@pytest.mark.parametrize(
    ("key", "accepted", "refused"),
    [
        ("number", [-1, 0, "1.0e-05", "0.5"], [math.nan, math.inf, True, "fast", None]),
        ("rate", [1e-9, 1, 1000], [0, -1, 1e308, 10**400]),
        ("count", [1, 1_000_000], [0, 10**30, 2.5, 2.0, "2", True]),
        ("seed", [0, 2**32 - 1], [-1, 2**32]),
        ("seeds", [[0, 1]], [[0], [1, 1], [0, -1], list(range(1001))]),
        ("names", [["a", "a_2"]], [["a", "a"], ["A"], ["a-b"], ["2a"], [""], ["a b"], ["a/b"]]),
    ],
)
def test_each_type_accepts_its_range_and_nothing_else(key, accepted, refused):
    for value in accepted:
        found = getattr(Probe(**{key: value}), key)
        assert found == (float(value) if isinstance(value, str) else value)
    for value in refused:
        with pytest.raises(ValidationError):
            Probe(**{key: value})


def test_sections_refuse_unknown_keys_and_changes():
    with pytest.raises(ValidationError):
        Probe(other=1)
    with pytest.raises(ValidationError):
        Probe().count = 2


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("lr", 0, "lr is 0: input should be greater than 0"),
        ("lr", True, "lr is True: input should be a number"),
        ("epochs", 10**30, f"epochs is {10**30}: input should be less than or equal to 1000000"),
        ("subsets", 3, "subsets is 3: should be a section of key: value lines"),
        ("subsets.fractions", [0.5, 2, 1], "subsets.fractions.1 is 2: input should be less than or equal to 1"),
        ("device", "tpu", "device is 'tpu': input should be 'cpu', 'cuda' or 'mps'"),
    ],
)
def test_a_bad_value_is_one_line_with_key_value_and_what_is_allowed(key, value, words):
    assert mistake(changed(key, value)) == words


@pytest.mark.parametrize(
    ("key", "value"),
    [("lr", "1.0e-05"), ("finetuned.resnet18.unfrozen.lr", ["1e-06", 0.1, "1e-05"]), ("panel.softmax.lr", "1e-05")],
)
def test_quoted_numbers_are_numbers(key, value):
    read = parse_params(changed(key, value)).model_dump()
    for name in key.split("."):
        read = read[name]
    assert read == ([float(item) for item in value] if isinstance(value, list) else float(value))


@pytest.mark.parametrize(
    "key", ["decay_all", "horizontal_flip", "finetuned.vgg16.update_batchnorm", "finetuned.vgg16.horizontal_flip"]
)
def test_switches_are_true_or_false_and_nothing_else(key):
    for value in (1, "yes"):
        assert mistake(changed(key, value)) == f"{key} is {value!r}: input should be a valid boolean"
