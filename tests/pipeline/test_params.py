"""Reading params.yaml: what is accepted, and that each mistake is one line that names the key and the value."""

import pytest

from tests.parameters import VALUES, changed, mistake
from tests.scratch import ROOT
from vision.pipeline.params import load_params, parse_params


def holds(read, written):
    """Everything written is read as it was written, at every depth."""
    if isinstance(written, dict):
        return all(holds(read[key], value) for key, value in written.items())
    return read == written


def test_the_projects_own_file_is_read_as_written():
    params = parse_params(VALUES)
    assert holds(params.model_dump(), VALUES)
    assert params.recipe.model_dump().items() <= VALUES.items()
    assert load_params(ROOT / "params.yaml") == params


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("epoch", "epochs"),
        ("tsne.perplexty", "perplexity"),
        ("models.relu_mlp.optimiser", "optimizer"),
        ("models.softmax.search.round", "rounds"),
        ("spaces.of.handwriting_backbone.imagse", "images"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(key, meant):
    message = mistake(changed(key, 1))
    assert message.startswith(f"unknown parameter {key}; did you mean {meant}? allowed here: ")
    allowed = message.split("allowed here: ")[1].split(", ")
    assert meant in allowed
    assert allowed == sorted(allowed)


def test_an_unknown_key_unlike_any_other_is_named_with_all_known_ones():
    assert mistake(changed("zzz", 1)) == f"unknown parameter zzz; allowed here: {', '.join(sorted(VALUES))}"


def test_a_misspelt_key_is_reported_before_the_missing_one():
    values = dict(VALUES)
    values["epoch"] = values.pop("epochs")
    assert "did you mean epochs?" in mistake(values)


def test_a_missing_key_is_named():
    for key in ("epochs", "tsne"):
        message = mistake({name: value for name, value in VALUES.items() if name != key})
        assert message == f"{key} is missing; `git diff params.yaml` shows what was removed"


def test_a_file_that_is_no_mapping_is_refused():
    for values in (None, []):
        assert mistake(values) == f"the file is {values!r}: should be a section of key: value lines"


def test_a_long_value_is_cut_in_the_message():
    assert mistake(changed("lr", "x" * 398)).startswith(f"lr is '{'x' * 398}': ")
    assert mistake(changed("lr", "x" * 400)) == f"lr is '{'x' * 399}...: " + mistake(changed("lr", "x")).split(": ")[1]
    assert mistake({**VALUES, "seed": 10**5000}).startswith("seed is a value too long to show: ")
