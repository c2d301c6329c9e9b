"""Reading params.yaml: what is accepted, and that each error is one line that names the key and the value."""

import functools

import pytest

from tests.parameters import VALUES, changed, mistake
from tests.scratch import ROOT
from vision.pipeline.params import load_params, parse_params


def holds(read, written):
    """Whether everything written is read as it was written, at every depth."""
    if isinstance(written, dict):
        return all(holds(read[key], value) for key, value in written.items())
    return read == written


def test_file_is_read_as_written():
    params = parse_params(VALUES)
    assert holds(params.model_dump(), VALUES)
    assert load_params(ROOT / "params.yaml") == params


@pytest.mark.parametrize(
    ("key", "meant"),
    [("epoch", "epochs"), ("tsne.iteration", "iterations"), ("models.softmax.search.round", "rounds")],
)
def test_unknown_key_is_named_with_the_nearest_known_one(key, meant):
    *sections, _ = key.split(".")
    values = changed(key, 1)
    owner = functools.reduce(dict.get, sections, values)
    owner.pop(meant, None)  # it is missing, too, which is not reported first
    message = mistake(values)
    assert message.startswith(f"unknown parameter {key}; did you mean {meant}? Allowed here: ")
    assert meant in message.split("Allowed here: ")[1].split(", ")


def test_missing_key_is_named():
    for key in ("epochs", "tsne"):
        assert mistake({name: value for name, value in VALUES.items() if name != key}).startswith(f"{key} is missing; ")
    assert mistake(changed("models.relu_mlp", {"role": "handwriting"})).startswith("models.relu_mlp.lr is missing; ")
