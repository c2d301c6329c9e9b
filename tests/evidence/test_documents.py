"""documents/: tables are complete and add up, numbers of a network are found by its name, errors have one meaning."""

import re

import pytest
import yaml

from tests.scratch import ROOT
from vision.evidence.documents import (
    DOCUMENTS,
    Reported,
    accuracies,
    read_accuracies,
    read_document,
    reported_table,
)

READ = {name: read_document(ROOT / f"documents/{name}.yaml") for name in DOCUMENTS}
ACCURACIES = read_accuracies(ROOT / "documents/accuracies.yaml")
ERRORS = read_document(ROOT / "documents/errors.yaml")
PREFIXES = {"000": "C", "001": "P", "002": "H", "003": "L", "004": "F"}


@pytest.mark.parametrize("path", sorted((ROOT / "documents").iterdir()), ids=lambda path: path.name)
def test_yaml_1_1_and_1_2_read_the_same(path):
    assert path.stem in (*DOCUMENTS, "accuracies", "errors")
    assert yaml.safe_load(path.read_text()) == read_document(path)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_tables_name_their_row_and_have_as_many_values_as_columns(name):
    for table, content in READ[name]["tables"].items():
        assert re.fullmatch(rf"{PREFIXES[name]}\d+", content["row"])
        rows = reported_table(READ[name], table)
        assert rows
        assert all(0 <= value <= 1 for row in rows for column, value in row.items() if "accuracy" in column)
    with pytest.raises(ValueError, match="shorter"):
        reported_table({"tables": {"scores": {"columns": ["a", "b"], "rows": [[1]]}}}, "scores")


def test_accuracies_are_shares_that_appear_once_and_name_their_source():
    for numbers in ACCURACIES.values():
        assert all(0 < number["accuracy"] < 1 for number in numbers)
        keys = [(number["dataset"], number["model"]) for number in numbers]
        assert len(set(keys)) == len(keys)
    assert all(number["source"] for number in ACCURACIES["published"])
    assert accuracies(ACCURACIES["published"], "fashion_mnist")["fashion_svm"] == 0.897
    for reported in ACCURACIES["reported"]:
        assert re.fullmatch(rf"{PREFIXES[reported['document']]}\d+", reported["row"])
        assert reported["dataset"] == READ[reported["document"]]["dataset"]


def test_every_error_that_a_claim_names_is_described():
    text = "".join((ROOT / f"documents/{name}.yaml").read_text() for name in DOCUMENTS)
    assert set(re.findall(r"\bB\d\.\d+\b", text)) <= set(ERRORS)
    assert all(re.fullmatch(r"B[0-4]\.\d+", bug) and entry["error"].endswith(".") for bug, entry in ERRORS.items())


def reported(name, document="003", dataset="mnist"):
    return Reported(READ[document], name, dataset)


def test_reported_scores_of_rows_l3_l6_and_p10():
    assert reported("softmax_document").scores == {
        ("train", "accuracy"): 0.91408, ("valid", "accuracy"): 0.9049, ("test", "accuracy"): 0.9122,
    }  # fmt: skip
    assert reported("softmax").scores == {("train", "accuracy"): 0.92874, ("test", "accuracy"): 0.9231}
    assert reported("relu_mlp", "001").scores == {  # of the weights after epoch 9
        ("test", "accuracy"): 0.9837, ("test", "loss"): 0.052, ("valid", "accuracy"): 0.9815, ("valid", "loss"): 0.059,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "errors"), [("softmax", {"train": 3563, "test": 769}), ("tanh_mlp_document", {"train": 1914, "test": 411})]
)
def test_reported_classes_add_up_to_the_reported_errors(name, errors):
    classes = reported(name).classes
    for split, total in errors.items():
        of_split = [counts for (part, _), counts in classes.items() if part == split]
        assert (len(of_split), sum(wrong for wrong, _ in of_split)) == (10, total)
        assert sum(images for _, images in of_split) == {"train": 50_000, "test": 10_000}[split]


def test_reported_epochs_are_those_of_row_p9():
    epochs = reported("relu_mlp", "001").epochs
    assert len(epochs) == 40
    assert (epochs[1, "train", "loss"], epochs[10, "valid", "accuracy"]) == (0.425, 0.982)
    assert reported("softmax").epochs == {}


def test_nothing_is_reported_of_another_dataset():
    other = reported("softmax", dataset="digits")
    assert other.scores == other.classes == other.epochs == {}
