"""Each class against all others: by hand, and the numbers of document 004 against each other."""

from types import SimpleNamespace

import numpy as np
import pytest

from stages.one_vs_rest import COUNTS, main, one_vs_rest, reported_classes
from tests.scratch import ROOT
from vision.evidence.documents import read_document, reported_table
from vision.pipeline.tables import read_table, write_table
from vision.scores.classification import confusion_rows
from vision.scores.intervals import wilson_interval

DOCUMENT = read_document(ROOT / "documents/004.yaml")


def test_one_vs_rest_counts_by_hand():
    counts = one_vs_rest(np.array([[5, 1, 0], [2, 7, 3], [0, 0, 9]]))
    assert [list(row.values()) for row in counts] == [[5, 1, 2, 19], [7, 5, 1, 14], [9, 0, 3, 15]]


def test_reported_classes_agree_with_the_reported_matrix_and_not_with_the_reported_average():
    """Rows F11, F12 and F14; bug B4.1."""
    reported = reported_classes(DOCUMENT)
    for row in reported.values():
        assert row["reported_true_positives"] / 1000 == row["reported_accuracy"]
        assert row["reported_true_positives"] + row["reported_false_negatives"] == 1000
    assert np.mean([row["reported_accuracy"] for row in reported.values()]) == pytest.approx(0.9235)
    assert reported_table(DOCUMENT, "vgg16_average") == [{"accuracy": 0.9164}]
    for row in reported_table(DOCUMENT, "vgg16_most_errors"):
        kind = f"reported_{row['kind']}"
        assert reported[row["class"]][kind] == row["images"] == max(other[kind] for other in reported.values())


@pytest.mark.parametrize("dataset", ["fashion_mnist", "digits"])
def test_stage_writes_reported_counts_only_for_the_same_images(dataset, tmp_path):
    same = dataset == "fashion_mnist"
    names = list(reported_classes(DOCUMENT)) if same else list("0123456")
    confusion = np.diag(np.full(len(names), 90)) + 2
    for model in ("vgg16", "vgg16_frozen"):
        write_table(tmp_path / f"{model}/evaluation/confusion.csv", confusion_rows(confusion, names))
    params = SimpleNamespace(datasets=SimpleNamespace(fashion=dataset))
    main(params, document=ROOT / "documents/004.yaml", models=tmp_path, tables=tmp_path)
    table = read_table(tmp_path / "one_vs_rest.csv")
    assert table["class"].astype(str).tolist() == names * 2  # in the order of the matrix
    interval = wilson_interval(92, confusion.sum(1)[0])
    assert table.loc[0, ["accuracy_low", "accuracy_high"]].tolist() == pytest.approx(interval, abs=1e-7)
    assert (table[list(COUNTS)].sum(axis=1) == confusion.sum()).all()
    assert ("reported_accuracy" in table) == same
    assert not same or table.reported_false_negatives[names.index("Shirt")] == 295
