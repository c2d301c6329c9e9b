"""Which classes does the VGG-16 miss, and which does it predict too often, each class against all others?

Compares the VGG-16 with all layers fine-tuned and the one with a frozen backbone, as document 004 does.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from vision.evidence.documents import Document, read_document, reported_table
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table, write_table
from vision.scores.intervals import count_estimate

COUNTS = ("true_positives", "false_negatives", "false_positives", "true_negatives")
Row = dict[str, str | int | float]


def main(params: Params, *, document: Path, models: Path, tables: Path) -> None:
    content = read_document(document)
    reported = reported_classes(content) if params.datasets.fashion == content["dataset"] else {}
    rows = [
        {"model": name, **row, **reported.get(row["class"], {})}
        for name in ("vgg16", "vgg16_frozen")
        for row in class_rows(read_table(models / name / "evaluation/confusion.csv"))
    ]
    write_table(tables / "one_vs_rest.csv", rows)


def one_vs_rest(confusion: np.ndarray) -> list[dict[str, int]]:
    """The two-by-two table of each class, from counts (n_classes, n_classes) whose rows are true classes."""
    correct, actual, predicted = np.diagonal(confusion), confusion.sum(1), confusion.sum(0)
    others = confusion.sum() - actual - predicted + correct
    counts = np.stack([correct, actual - correct, predicted - correct, others], 1)
    return [dict(zip(COUNTS, map(int, row), strict=True)) for row in counts]


def class_rows(table: pd.DataFrame) -> list[Row]:
    """One row per class of a tidy confusion matrix: class, COUNTS, and its accuracy (the recall)."""
    names = list(dict.fromkeys(table.actual))
    confusion = table.pivot(index="actual", columns="predicted", values="images").loc[names, names].to_numpy()
    rows = []
    for name, counts in zip(names, one_vs_rest(confusion), strict=True):
        correct, images = counts["true_positives"], counts["true_positives"] + counts["false_negatives"]
        rows.append({"class": str(name), **counts, **count_estimate(correct, images).columns("accuracy")})
    return rows


def reported_classes(document: Document) -> dict[str, Row]:
    """Document 004's accuracy of each class, and the counts of its confusion matrix, as columns reported_<name>."""
    matrix = reported_table(document, "vgg16_confusion")
    names = [row["actual"] for row in matrix]
    counts = one_vs_rest(np.array([[row[name] for name in names] for row in matrix]))
    columns = {name: {f"reported_{key}": n for key, n in row.items()} for name, row in zip(names, counts, strict=True)}
    rows = reported_table(document, "vgg16_classes")
    return {row["class"]: columns[row["class"]] | {"reported_accuracy": row["accuracy"]} for row in rows}


if __name__ == "__main__":
    run(main)
