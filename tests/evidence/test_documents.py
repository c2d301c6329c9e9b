"""documents/: its tables are regular and add up, and what a document printed of a network is found by its name."""

import re

import pytest
import yaml

from tests.parameters import VALUES
from tests.scratch import ROOT
from vision.evidence.documents import DOCUMENTS, accuracies, printed_table, read_accuracies, read_document
from vision.evidence.printed import Printed
from vision.pipeline.params import parse_params

READ = {name: read_document(ROOT / f"documents/{name}.yaml") for name in DOCUMENTS}
ACCURACIES = read_accuracies(ROOT / "documents/accuracies.yaml")
PREFIXES = {"000": "C", "001": "P", "002": "H", "003": "L", "004": "F"}
ENTRIES = parse_params(VALUES).replications


@pytest.mark.parametrize("path", sorted((ROOT / "documents").iterdir()), ids=lambda path: path.name)
def test_yaml_of_dvc_and_ours_read_the_same(path):
    """YAML 1.1 and 1.2, as of a number like 1e-5."""
    assert path.stem in (*DOCUMENTS, "accuracies")
    assert yaml.safe_load(path.read_text()) == read_document(path)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_tables_name_their_row_and_have_as_many_values_as_columns(name):
    for table, found in READ[name]["tables"].items():
        assert re.fullmatch(rf"{PREFIXES[name]}\d+", found["row"])
        rows = printed_table(READ[name], table)
        assert rows
        assert all(0 <= value <= 1 for row in rows for column, value in row.items() if "accuracy" in column)


def test_printed_table_refuses_a_row_that_is_too_short():
    with pytest.raises(ValueError, match="shorter"):
        printed_table({"tables": {"scores": {"columns": ["a", "b"], "rows": [[1]]}}}, "scores")


def test_accuracies_are_shares_that_stand_once_and_name_their_source():
    for numbers in ACCURACIES.values():
        assert all(0 < number["accuracy"] < 1 for number in numbers)
        keys = [(number["dataset"], number["model"]) for number in numbers]
        assert len(set(keys)) == len(keys)
    assert all(number["source"] for number in ACCURACIES["published"])
    assert accuracies(ACCURACIES["published"], "fashion_mnist")["fashion_svm"] == 0.897
    for printed in ACCURACIES["printed"]:
        assert re.fullmatch(rf"{PREFIXES[printed['document']]}\d+", printed["row"])
        assert printed["dataset"] == READ[printed["document"]]["dataset"]


def printed(name, dataset="mnist"):
    return Printed(READ[ENTRIES[name].document], name, dataset)


def test_printed_scores_are_those_of_rows_l3_l6_l14_and_p10():
    assert printed("softmax_document").scores == {
        ("train", "accuracy"): 0.91408, ("valid", "accuracy"): 0.9049, ("test", "accuracy"): 0.9122,
    }  # fmt: skip
    assert printed("softmax").scores == {("train", "accuracy"): 0.92874, ("test", "accuracy"): 0.9231}
    assert printed("tanh_mlp_document").scores == {("train", "accuracy"): 0.96172, ("test", "accuracy"): 0.9589}
    assert printed("relu_mlp").scores == {  # of the weights after epoch 9
        ("test", "accuracy"): 0.9837, ("test", "loss"): 0.052, ("valid", "accuracy"): 0.9815, ("valid", "loss"): 0.059,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "errors"), [("softmax", {"train": 3563, "test": 769}), ("tanh_mlp_document", {"train": 1914, "test": 411})]
)
def test_printed_classes_add_up_to_the_printed_errors(name, errors):
    """Row L18."""
    classes = printed(name).classes
    for split, total in errors.items():
        of_split = [found for (part, _), found in classes.items() if part == split]
        assert (len(of_split), sum(wrong for wrong, _ in of_split)) == (10, total)
        assert sum(images for _, images in of_split) == {"train": 50_000, "test": 10_000}[split]
    assert printed("softmax").classes["train", "5"] == (604, 4509)


def test_printed_epochs_are_those_of_row_p9():
    epochs = printed("relu_mlp").epochs
    assert len(epochs) == 40
    assert epochs[1, "train", "loss"] == 0.425
    assert epochs[10, "valid", "accuracy"] == 0.982
    assert printed("softmax").epochs == {}


@pytest.mark.parametrize("name", ENTRIES)
def test_nothing_is_printed_of_other_images(name):
    other = printed(name, "digits")
    assert other.scores == other.classes == other.epochs == {}
