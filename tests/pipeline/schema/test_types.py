"""Types that the sections of params.yaml share, and the line that reports a wrong value."""

import pytest

from tests.parameters import MODEL, changed, mistake
from vision.pipeline.params import parse_params


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("lr", 0, "lr is 0: should be greater than 0"),
        ("lr", True, "lr is True: should be a number"),
        ("lr", float("inf"), "lr is inf: should be a finite number"),
        ("epochs", 2.0, "epochs is 2.0: should be a valid integer"),
        ("subsets.seeds", [0, 2**32], "subsets.seeds.1 is 4294967296: should be less than 4294967296"),
        ("subsets.seeds", [0], "subsets.seeds is [0]: "),
        ("models", {"a/b": MODEL}, "models.a/b"),
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
