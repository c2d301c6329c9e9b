"""What the documents printed of the networks that are replicated, and the sizes of their parts."""

import pytest

from tests.parameters import VALUES
from tests.scratch import ROOT
from vision.evidence.documents import read_document
from vision.evidence.printed import Printed
from vision.pipeline.params import parse_params

ENTRIES = parse_params(VALUES).replications


def printed(name, dataset="mnist"):
    return Printed(read_document(ROOT / f"documents/{ENTRIES[name].document}.yaml"), name, dataset)


def test_scores_are_those_of_rows_l3_l6_l14_and_p10():
    assert printed("softmax_document").scores == {
        ("train", "accuracy"): 0.91408, ("valid", "accuracy"): 0.9049, ("test", "accuracy"): 0.9122,
    }  # fmt: skip
    assert printed("softmax").scores == {("train", "accuracy"): 0.92874, ("test", "accuracy"): 0.9231}
    assert printed("tanh_mlp_document").scores == {("train", "accuracy"): 0.96172, ("test", "accuracy"): 0.9589}
    assert printed("relu_mlp").scores == {
        ("test", "accuracy"): 0.9837,
        ("test", "loss"): 0.052,
        ("valid", "accuracy"): 0.9815,
        ("valid", "loss"): 0.059,
    }  # fmt: skip  of the weights after epoch 9


@pytest.mark.parametrize(
    ("name", "errors"), [("softmax", {"train": 3563, "test": 769}), ("tanh_mlp_document", {"train": 1914, "test": 411})]
)
def test_classes_are_those_of_the_per_digit_tables(name, errors):
    classes = printed(name).classes
    for split, total in errors.items():
        of_split = [found for (part, _), found in classes.items() if part == split]
        assert (len(of_split), sum(wrong for wrong, _ in of_split)) == (10, total)
        assert sum(images for _, images in of_split) == {"train": 50_000, "test": 10_000}[split]
    assert printed("softmax").classes["train", "5"] == (604, 4509)
    assert printed("softmax_document").classes == {}


def test_epochs_are_those_of_row_p9():
    epochs = printed("relu_mlp").epochs
    assert len(epochs) == 40
    assert epochs[1, "train", "loss"] == 0.425
    assert epochs[10, "valid", "accuracy"] == 0.982
    assert printed("softmax").epochs == {}


@pytest.mark.parametrize("name", ENTRIES)
def test_of_other_images_a_document_printed_nothing(name):
    other = printed(name, "digits")
    assert other.scores == other.classes == other.epochs == {}


def test_the_sizes_of_the_parts_are_those_printed():
    """Rows P5 and L2."""
    assert [60_000 // ENTRIES[name].valid_one_in for name in ENTRIES] == [6_000, 10_000, 10_000, 10_000]
