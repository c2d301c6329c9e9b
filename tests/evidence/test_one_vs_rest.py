"""Each class against all others: by hand, and what document 004 prints against itself."""

import numpy as np
import pytest

from stages import one_vs_rest as stage
from tests.parameters import VALUES
from tests.scratch import ROOT
from vision.evidence.documents import printed_table, read_document
from vision.evidence.one_vs_rest import COUNTS, class_rows, one_vs_rest, printed_classes
from vision.pipeline.params import parse_params
from vision.pipeline.tables import read_table, write_table
from vision.scores.classification import confusion_rows
from vision.scores.intervals import wilson_interval

DOCUMENT = read_document(ROOT / "documents/004.yaml")
NAMES = [row["actual"] for row in printed_table(DOCUMENT, "vgg16_confusion")]


def test_one_vs_rest_counts_by_hand():
    found = one_vs_rest(np.array([[5, 1, 0], [2, 7, 3], [0, 0, 9]]))
    assert found.tolist() == [[5, 1, 2, 19], [7, 5, 1, 14], [9, 0, 3, 15]]


def test_printed_classes_are_those_of_the_printed_matrix_and_the_printed_average_is_not():
    """Rows F11, F12 and F14; bug B4.1."""
    printed = printed_classes(DOCUMENT)
    for row in printed.values():
        assert row["printed_true_positives"] / 1000 == row["printed_accuracy"]
        assert row["printed_true_positives"] + row["printed_false_negatives"] == 1000
    assert sum(row["printed_true_positives"] for row in printed.values()) == 9235
    assert np.mean([row["printed_accuracy"] for row in printed.values()]) == pytest.approx(0.9235)
    assert printed_table(DOCUMENT, "vgg16_average") == [{"accuracy": 0.9164}]
    for row in printed_table(DOCUMENT, "vgg16_most_errors"):
        kind = f"printed_{row['kind']}"
        assert printed[row["class"]][kind] == row["images"] == max(other[kind] for other in printed.values())


@pytest.mark.parametrize("dataset", ["fashion_mnist", "digits"])
def test_stage_puts_the_printed_numbers_beside_those_of_the_same_images_alone(dataset, tmp_path, monkeypatch):
    params = parse_params(VALUES | {"datasets": VALUES["datasets"] | {"fashion": dataset}})
    names = NAMES if dataset == "fashion_mnist" else list(range(7))
    confusion = np.diag(np.full(len(names), 90)) + 2
    for model in ("vgg16", "vgg16_frozen"):
        write_table(tmp_path / f"{model}.csv", confusion_rows(confusion, names))
    paths = {"vgg16": tmp_path / "vgg16.csv", "vgg16_frozen": tmp_path / "vgg16_frozen.csv"}
    table, drawn = tmp_path / "one_vs_rest.csv", []
    monkeypatch.setattr(stage, "draw_one_vs_rest", lambda *given: drawn.extend(given))  # has tests of its own
    stage.main(params, document=ROOT / "documents/004.yaml", **paths, table=table, figure=tmp_path / "x.png")
    found = read_table(table)
    assert found["class"].tolist() == names * 2  # as they stand in the matrix
    images = confusion.sum(1)[0]
    assert (found.accuracy_low[0], found.accuracy_high[0]) == pytest.approx(wilson_interval(92, images), abs=1e-7)
    assert (found[list(COUNTS)].sum(axis=1) == confusion.sum()).all()
    printed = {name for name in found.columns if name.startswith("printed")}
    assert len(printed) == (5 if dataset == "fashion_mnist" else 0)
    if printed:
        assert found.printed_false_negatives[NAMES.index("Shirt")] == 295
    assert (len(drawn[1]), len(drawn[3])) == (len(names), 10 if printed else 0)


def test_class_rows_match_precision_and_recall_of_the_committed_tables():
    rows = class_rows(read_table(ROOT / "plots/models/fashion_svm/confusion.csv"))
    ours = read_table(ROOT / "plots/models/fashion_svm/classes.csv")
    assert [row["class"] for row in rows] == ours["class"].tolist() == NAMES
    assert [row["accuracy"] for row in rows] == pytest.approx(ours.recall.tolist())
    assert [row["true_positives"] + row["false_positives"] for row in rows] == ours.predicted.tolist()
