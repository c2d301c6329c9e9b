"""params.yaml: what is accepted, and that each mistake is one line that names the key and the value."""

import copy
import math
from pathlib import Path

import pytest
import yaml

from vision.pipeline.errors import UserError
from vision.pipeline.schema import PLAIN, parse_params

VALUES = yaml.safe_load((Path(__file__).parent.parent / "params.yaml").read_text())


def changed(key, value):
    """The project's own parameters with one value, at a dotted key, put in."""
    values = copy.deepcopy(VALUES)
    *sections, last = key.split(".")
    section = values
    for name in sections:
        section = section[name]
    section[last] = value
    return values


def holds(read, written):
    """Everything written is read as it was written, at every depth."""
    if isinstance(written, dict):
        for key, value in written.items():
            holds(read[key], value)
    else:
        assert read == written


def mistake(values):
    with pytest.raises(UserError) as caught:
        parse_params(values)
    message = str(caught.value)
    assert message.startswith("params.yaml: ")
    assert "\n" not in message
    return message


def test_the_projects_own_file_is_accepted_and_read_as_written():
    params = parse_params(VALUES)
    holds(params.model_dump(), VALUES)
    assert params.recipe.model_dump().items() <= VALUES.items()


def test_what_a_models_entry_leaves_out_is_off():
    for name, entry in VALUES["models"].items():
        read = parse_params(VALUES).models[name].model_dump()
        left_out = {key: value for key, value in PLAIN.items() if key not in entry}
        assert left_out.items() <= read.items()
        assert read.keys() == {*PLAIN, *entry, "lr", "epochs", "batch_size", "net", "hyper", "search"}


@pytest.mark.parametrize("text", ["1e-05", "0.5"])
def test_a_number_that_yaml_reads_as_text_is_a_number(text):
    assert parse_params(changed("lr", text)).lr == float(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lr", -1),
        ("lr", 0),
        ("lr", "abc"),
        ("lr", ""),
        ("lr", "line\nbreak"),
        ("lr", math.nan),
        ("lr", math.inf),
        ("lr", True),
        ("lr", None),
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", True),
        ("batch_size", "abc"),
        ("batch_size", "64"),
        ("momentum", 1),
        ("dropout", 1),
        ("dropout", "nan"),
        ("seed", -1),
        ("seed", 2**32),
        ("device", "tpu"),
        ("precision", "float16"),
        ("datasets.handwriting", "imagenet"),
        ("subsets", 3),
        ("kernels", None),
        ("tsne.perplexity", 1),
        ("models", 3),
        ("models.relu_mlp", None),
        ("models.relu_mlp.lr", -1),
        ("models.relu_mlp.epochs", 0),
        ("models.relu_mlp.optimizer", "rmsprop"),
        ("models.relu_mlp.optimizer", None),
        ("models.relu_mlp.schedule", "cosine"),
        ("models.relu_mlp.crop_padding_pixels", -1),
        ("models.relu_mlp.crop_padding_pixels", 1.5),
        ("models.relu_mlp.hyper", 3),
        ("models.softmax.search", 3),
        ("neighbours.queries", [0, 0, 1]),
        ("models.softmax.search.contenders", 1),
        ("models.softmax.search.repeats", 1),
        ("models.softmax.search.repeats", "two"),
        ("models.softmax.search.score_epochs", 0),
        ("baselines.knn.estimator", 3),
        ("baselines.knn", []),
        ("representations.images", 1),
        ("imagination.batches", 0),
        ("imagination.lr", 0),
    ],
    ids=str,
)
def test_a_bad_value_is_one_line_with_the_key_and_the_value(key, value):
    assert f" {key} is {value!r}: " in mistake(changed(key, value))


@pytest.mark.parametrize("bad", [0, 1.5, True, "half"])
def test_a_bad_item_of_a_list_is_named_by_its_place(bad):
    assert f" subsets.fractions.1 is {bad!r}: " in mistake(changed("subsets.fractions", [0.5, bad, 1]))


def test_a_value_outside_a_choice_is_told_the_choices():
    message = mistake(changed("device", "tpu"))
    assert all(f"'{name}'" in message for name in ("cpu", "cuda", "mps"))


@pytest.mark.parametrize(
    ("key", "meant"), [("epoch", "epochs"), ("tsne.perplexty", "perplexity"), ("datasets.color", "colour")]
)
def test_an_unknown_key_is_named_with_what_was_meant_and_what_is_allowed(key, meant):
    message = mistake(changed(key, 1))
    assert f"unknown parameter {key}; did you mean {meant}?" in message
    section = VALUES if "." not in key else VALUES[key.split(".")[0]]
    assert message.split("allowed here: ")[1].split(", ") == sorted(section)


def test_a_misspelt_key_is_told_what_was_meant():
    values = dict(VALUES)
    values["epoch"] = values.pop("epochs")
    assert "did you mean epochs?" in mistake(values)


@pytest.mark.parametrize("key", [1, True, None])
def test_a_key_that_is_no_text_is_refused(key):
    mistake({**VALUES, key: 1})


def test_a_missing_key_is_named():
    for key in VALUES:
        assert f"{key} is missing" in mistake({name: value for name, value in VALUES.items() if name != key})


@pytest.mark.parametrize("values", [None, [], 3, "text"], ids=str)
def test_a_file_that_is_no_mapping_is_refused(values):
    assert repr(values) in mistake(values)
