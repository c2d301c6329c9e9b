"""Reading params.yaml: what is accepted, and that each mistake is one line that names the key and the value."""

import re

import pytest

from tests.parameters import VALUES, changed, mistake
from tests.scratch import ROOT
from vision.pipeline.errors import UserError
from vision.pipeline.params import load_params, parse_params
from vision.pipeline.schema.hyper import ESTIMATORS, NETS, REPRESENTATIONS
from vision.pipeline.schema.models import Model

REGISTRIES = {"net": NETS, "estimator": ESTIMATORS, "representation": REPRESENTATIONS}


def sections(values, path=""):
    """The dotted key and the content of every section, at every depth."""
    for name, value in values.items():
        if isinstance(value, dict):
            yield f"{path}{name}", value
            yield from sections(value, f"{path}{name}.")


def holds(read, written):
    """Everything written is read as it was written, at every depth."""
    if isinstance(written, dict):
        for key, value in written.items():
            holds(read[key], value)
    else:
        assert read == written


# What stands in these has names of the user's choice.
OF_NAMES = (
    "features", "models", "pretrained", "classifiers", "replications", "titles", "trunks", "finetuned", "layers",
    "spaces.of", "panel.inputs", "from_scratch.models", "from_scratch.others",
)  # fmt: skip
SECTIONS = {path: content for path, content in sections(VALUES) if path not in OF_NAMES}


def test_the_projects_own_file_is_accepted_and_read_as_written():
    params = parse_params(VALUES)
    holds(params.model_dump(), VALUES)
    assert params.recipe.model_dump().items() <= VALUES.items()
    assert load_params(ROOT / "params.yaml") == params


@pytest.mark.parametrize("text", ["1e-05", "0.5"])
def test_a_number_in_quotes_is_a_number(text):
    assert parse_params(changed("lr", text)).lr == float(text)


@pytest.mark.parametrize("path", [path for path in SECTIONS if not path.endswith(".hyper")])
def test_an_unknown_key_of_any_section_is_told_what_is_allowed(path):
    message = mistake(changed(f"{path}.zzz", 1))
    assert message.startswith(f"unknown parameter {path}.zzz; allowed here: ")
    allowed = message.split("allowed here: ")[1].split(", ")
    assert allowed == sorted(allowed)
    assert set(SECTIONS[path]) <= set(allowed)


@pytest.mark.parametrize("path", [path for path in SECTIONS if path.endswith(".hyper")])
def test_an_unknown_hyper_parameter_of_any_entry_is_told_what_is_allowed(path):
    entry = SECTIONS[path.removesuffix(".hyper")]
    registry, name = next((found, entry[key]) for key, found in REGISTRIES.items() if key in entry)
    allowed = ", ".join(registry[name].model_fields) or "nothing"
    assert mistake(changed(f"{path}.zzz", 1)) == f"{path}.zzz is 1: {name} has none; allowed: {allowed}"


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("epoch", "epochs"),
        ("tsne.perplexty", "perplexity"),
        ("datasets.color", "colour"),
        ("defaults.momentun", "momentum"),
        ("models.relu_mlp.lrr", "lr"),
        ("models.relu_mlp.optimiser", "optimizer"),
        ("models.softmax.search.round", "rounds"),
        ("classifiers.knn.hyperr", "hyper"),
        ("features.handwriting_pca.representations", "representation"),
    ],
)
def test_an_unknown_key_is_named_with_what_was_meant(key, meant):
    message = mistake(changed(key, 1))
    assert message.startswith(f"unknown parameter {key}; did you mean {meant}? allowed here: ")
    assert meant in message.split("allowed here: ")[1].split(", ")


def test_an_unknown_key_at_the_top_is_told_all_sections():
    assert mistake(changed("zzz", 1)).split("allowed here: ")[1].split(", ") == sorted(VALUES)


def test_an_unknown_key_that_is_like_no_other_is_told_what_is_allowed():
    message = mistake(changed("models.relu_mlp.learning_rate", 1))
    assert message.startswith("unknown parameter models.relu_mlp.learning_rate; allowed here: ")
    assert message.split("allowed here: ")[1].split(", ") == sorted(Model.model_fields)


@pytest.mark.parametrize("key", ["epochs", "defaults", "maximisation"])
def test_a_misspelt_key_is_told_what_was_meant(key):
    values = dict(VALUES)
    values[key[:-1]] = values.pop(key)
    assert f"did you mean {key}?" in mistake(values)


@pytest.mark.parametrize("key", [1, True, None])
def test_a_key_that_is_no_text_is_refused(key):
    mistake({**VALUES, key: 1})


@pytest.mark.parametrize("path", ["", "models.", "models.softmax.", "models.softmax.hyper.", "tsne.", "titles."])
def test_a_key_with_a_line_break_is_refused_in_one_line(path):
    mistake(changed(f"{path}line\nbreak", 1))


@pytest.mark.parametrize("key", VALUES)
def test_a_missing_key_is_named(key):
    message = mistake({name: value for name, value in VALUES.items() if name != key})
    assert message == f"{key} is missing; `git diff params.yaml` shows what was removed"


@pytest.mark.parametrize("values", [None, [], 3, "text"], ids=str)
def test_a_file_that_is_no_mapping_is_refused(values):
    assert mistake(values) == f"the file is {values!r}: should be a section of key: value lines"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file; run from the top of the repository"),
        (b"lr: [", "not YAML"),
        (b"lr: 1\n\tepochs: 2", "not YAML"),
        (b"lr: \xff\xfe", "not YAML"),
        (b"!!python/object/apply:os.mkdir [sprung]", "not YAML"),
    ],
    ids=str,
)
def test_a_file_that_is_none_is_one_line_with_its_path(content, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if content is not None:
        (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_params(tmp_path / "params.yaml")
    assert str(caught.value).startswith(f"{tmp_path}/params.yaml: {words}")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "sprung").exists()


def load(tmp_path, *lines):
    """What is read from the project's own file with other lines for the keys at its top that they name."""
    text = (ROOT / "params.yaml").read_text()
    for line in lines:
        key = line.split(":")[0]
        text = re.sub(rf"^{key}:.*$", lambda _, line=line: line, text, flags=re.MULTILINE)
    (tmp_path / "params.yaml").write_text(text)
    return load_params(tmp_path / "params.yaml")


def test_a_number_is_the_one_that_dvc_records(tmp_path):
    params = load(tmp_path, "epochs: 010", "lr: 1e-05", "batch_size: 0o20", "seed: 1_000")
    assert (params.epochs, params.lr, params.batch_size, params.seed) == (10, 1e-05, 16, 1000)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-13-45", r"not YAML \(line \d+: not a timestamp: month"),
        ("9" * 5000, r"not YAML \(line \d+: not a int: Exceeds"),
        ("0x" + "f" * 5000, "seed is a value too long to show: "),
    ],
    ids=["date", "decimal", "hexadecimal"],
)
def test_a_date_that_is_none_and_a_number_that_is_too_long_are_one_line(text, message, tmp_path):
    with pytest.raises(UserError, match=rf"params\.yaml: {message}.*$"):
        load(tmp_path, f"seed: {text}")


def test_hours_and_minutes_are_no_number_of_seconds(tmp_path):
    with pytest.raises(UserError, match=r"^params\.yaml: lr is '1:30': "):
        load(tmp_path, "lr: 1:30")


@pytest.mark.parametrize("line", ["lr: 0.2\nlr: 0.1", "momentum: 0.9\nlr: 0.2"])
def test_a_key_that_stands_twice_is_refused(line, tmp_path):
    with pytest.raises(UserError, match=r'params\.yaml: not YAML \(line \d+: found duplicate key "lr"'):
        load(tmp_path, line)


def test_a_value_that_names_itself_ever_deeper_is_one_line():
    value = 1
    for _ in range(10_000):
        value = [value]
    assert mistake({**VALUES, "lr": value}) == "lr is a value too long to show: input should be a valid number"


def test_a_number_of_thousands_of_digits_is_one_line():
    assert mistake({**VALUES, "seed": 10**5000}).startswith("seed is a value too long to show: ")
