"""Rows of the report's section on replications, from small tables."""

import numpy as np
import pandas as pd
import pytest

from tests.parameters import VALUES
from tests.scratch import ROOT
from vision.evidence.documents import read_document
from vision.evidence.replicated import class_rows, epoch_rows, score_rows, subset_rows
from vision.pipeline.params import parse_params
from vision.pipeline.tables import write_metrics, write_table

PARAMS = parse_params(VALUES)
SPREAD = {"mean": 0.5, "std": 0.01, "low": 0.48, "high": 0.52, "another_low": 0.45, "another_high": 0.55}


def scores(printed_of_train, printed_of_test):
    rows = [("train", printed_of_train), ("valid", None), ("test", printed_of_test)]
    return [{"split": split, "measure": "accuracy", "printed": value, **SPREAD} for split, value in rows]


def test_score_rows_are_what_was_printed_and_the_test_images(tmp_path):
    own = {name: {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95} for name in ("train", "valid", "test")}
    for name in ("relu_mlp", "softmax", "softmax_document", "tanh_mlp", "tanh_mlp_document"):
        write_metrics(tmp_path / f"{name}.json", own)
    for name, printed in zip(PARAMS.replications, [(None, 0.54), (0.5, 0.44), (None, None), (0.45, 0.6)], strict=True):
        write_table(tmp_path / name / "scores.csv", scores(*printed))
    rows = score_rows(PARAMS, tmp_path, tmp_path)
    assert [tuple(row[key] for key in ("document", "name", "split", "printed", "inside")) for row in rows] == [
        ("001", "relu_mlp", "test", 0.54, True),
        ("003", "softmax_document", "train", 0.5, True),
        ("003", "softmax_document", "test", 0.44, False),
        ("003", "softmax", "test", None, None),
        ("003", "tanh_mlp_document", "train", 0.45, True),
        ("003", "tanh_mlp_document", "test", 0.6, False),
    ]
    assert [one["title"] for one in rows[1]["beside"]] == [PARAMS.title("softmax_document"), PARAMS.title("softmax")]
    assert rows[0]["beside"] == [{"title": PARAMS.title("relu_mlp"), "value": 0.9, "low": 0.8, "high": 0.95}]


def test_class_rows_are_joined_by_name_in_the_order_of_the_test_images(tmp_path):
    ours = [
        {"split": split, "class": digit, "images": 9, "misclassified": 1, **SPREAD, "printed": printed}
        for split, digits in (("train", (3, 5)), ("test", (5, 3)))
        for digit, printed in zip(digits, (0.5, 0.6), strict=True)
    ]
    own = [{"class": digit, "split": split, "share": digit / 10} for split in ("train", "test") for digit in (3, 5)]
    write_table(tmp_path / "softmax/misclassified.csv", ours)
    write_table(tmp_path / "models/softmax/misclassified.csv", own)
    rows = class_rows("softmax", PARAMS.replications["softmax"], tmp_path, tmp_path / "models")
    assert [row["class"] for row in rows] == [5, 3]
    for row in rows:
        for split in ("train", "test"):
            assert (row[split]["class"], row[split]["split"]) == (row["class"], split)
            assert row[split]["own"]["share"] == row["class"] / 10
            assert row[split]["inside"] == (row[split]["printed"] == 0.5)


def test_epoch_rows_have_four_numbers(tmp_path):
    keys = [(epoch, split, name) for epoch in (1, 2) for split in ("train", "valid") for name in ("loss", "accuracy")]
    rows = [{"epoch": epoch, "split": split, "measure": name, "printed": None, **SPREAD} for epoch, split, name in keys]
    write_table(tmp_path / "relu_mlp/epochs.csv", rows)
    found = epoch_rows("relu_mlp", tmp_path)
    assert [row["epoch"] for row in found] == [1, 2]
    assert set(found[0]) == {"epoch", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy"}
    assert found[0]["train_loss"]["printed"] is found[0]["train_loss"]["inside"] is None


def test_subset_rows_estimate_the_scores_of_all_training_images(tmp_path):
    """Row C4; of all training images most are left out at small fractions, and score as validation images do."""
    generator, rows = np.random.default_rng(0), []
    for fraction in (0.0625, 0.3, 1.0):
        for seed in range(3):
            names = [f"{part}_{name}" for part in ("subset", "valid", "test") for name in ("loss", "accuracy")]
            values = dict(zip(names, generator.random(6), strict=True))
            rows.append({"fraction": fraction, "images": round(1000 * fraction), "seed": seed, **values})
    write_table(tmp_path / "subsets.csv", rows)
    document = read_document(ROOT / "documents/000.yaml")
    found = subset_rows(tmp_path / "subsets.csv", document, "mnist")
    assert [row["fraction"] for row in found] == [0.0625, 0.3, 1.0]
    first = pd.DataFrame(rows[:3])
    expected = (0.0625 * first.subset_loss + 0.9375 * first.valid_loss).mean()
    assert found[0]["all_loss"]["mean"] == pytest.approx(expected)
    assert found[2]["all_loss"] == found[2]["subset_loss"]
    assert found[1]["printed"] is None
    assert (found[0]["printed"]["train_loss"], found[2]["printed"]["train_accuracy"]) == (0.068028, 0.9985)
    assert {row["printed"] for row in subset_rows(tmp_path / "subsets.csv", document, "digits")} == {None}
