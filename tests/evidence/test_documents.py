"""documents/: tables are complete and add up, numbers of a network are found by its name, errors have one meaning."""

import re
from itertools import pairwise

import numpy as np
import pytest
import torch

from tests.scratch import ROOT
from vision.evidence.documents import DOCUMENTS, Reported, accuracies, read_document, reported_table

READ = {name: read_document(ROOT / f"documents/{name}.yaml") for name in DOCUMENTS}
ACCURACIES = read_document(ROOT / "documents/accuracies.yaml")
ERRORS = read_document(ROOT / "documents/errors.yaml")
PREFIXES = {"000": "C", "001": "P", "002": "H", "003": "L", "004": "F"}


def test_tables_have_as_many_values_as_columns():
    for document in READ.values():
        assert all(reported_table(document, table) for table in document["tables"])
    with pytest.raises(ValueError, match="shorter"):
        reported_table({"tables": {"scores": {"columns": ["a", "b"], "rows": [[1]]}}}, "scores")


def test_accuracies_are_shares_that_appear_once_and_name_their_source():
    for numbers in ACCURACIES.values():
        assert all(0 < number["accuracy"] < 1 for number in numbers)
        assert len({(number["dataset"], number["model"]) for number in numbers}) == len(numbers)
    assert all(number["source"] for number in ACCURACIES["published"])
    assert accuracies(ACCURACIES["published"], "fashion_mnist")["fashion_svm"] == 0.897
    for number in ACCURACIES["reported"]:
        assert re.fullmatch(rf"{PREFIXES[number['document']]}\d+", number["row"])
        assert number["dataset"] == READ[number["document"]]["dataset"]


def test_adams_defaults_are_those_of_row_f9():
    defaults = torch.optim.Adam([torch.zeros(1)]).defaults
    assert [defaults[name] for name in ("lr", "eps", "weight_decay")] == [0.001, 1e-8, 0]


def test_vgg16_of_row_f9_has_half_a_gigabyte_of_weights():
    channels, units = [3, 64, 64, 128, 128, 256, 256, 256, *[512] * 6], [25088, 4096, 4096, 10]
    numbers = sum((9 * a + 1) * b for a, b in pairwise(channels)) + sum((a + 1) * b for a, b in pairwise(units))
    assert numbers == 134_301_514


def test_every_error_that_a_claim_names_is_described():
    text = "".join((ROOT / f"documents/{name}.yaml").read_text() for name in DOCUMENTS)
    assert set(re.findall(r"\bB\d\.\d+\b", text)) <= set(ERRORS)
    assert all(re.fullmatch(r"B[0-4]\.\d+", bug) and entry["error"].endswith(".") for bug, entry in ERRORS.items())


def test_every_error_is_measured_or_says_in_one_sentence_why_not():
    for bug, entry in ERRORS.items():
        (kind,) = set(entry) - {"error"}
        assert kind in ("measures", "unmeasured"), bug
        assert kind == "measures" or re.fullmatch(r"[A-Z][^.]{10,100}\.", entry[kind]), bug
    assert sorted({bug[:2] for bug in ERRORS}) == ["B0", "B1", "B2", "B3", "B4"]


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


def test_reported_classes_add_up_to_the_reported_errors():
    totals = {"softmax": {"train": 3563, "test": 769}, "tanh_mlp_document": {"train": 1914, "test": 411}}
    for name, errors in totals.items():
        for split, images in {"train": 50_000, "test": 10_000}.items():
            of_split = np.array([counts for (part, _), counts in reported(name).classes.items() if part == split])
            assert (len(of_split), *of_split.sum(0)) == (10, errors[split], images)


def test_reported_epochs_are_those_of_row_p9():
    epochs = reported("relu_mlp", "001").epochs
    assert len(epochs) == 40
    assert (epochs[1, "train", "loss"], epochs[10, "valid", "accuracy"]) == (0.425, 0.982)
    other = reported("softmax", dataset="digits")
    assert reported("softmax").epochs == other.scores == other.classes == other.epochs == {}
