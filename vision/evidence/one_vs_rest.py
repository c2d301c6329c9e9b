"""Each class against all others: two-by-two tables of a confusion matrix, ours and document 004's (rows F11 to F13)."""

from typing import Any

import numpy as np
import pandas as pd

from vision.evidence.documents import Document, printed_table
from vision.scores.intervals import wilson_interval

COUNTS = ("true_positives", "false_negatives", "false_positives", "true_negatives")


def one_vs_rest(confusion: np.ndarray) -> np.ndarray:
    """The two-by-two table of each class: int (n_classes, 4), in the order of COUNTS.

    Args:
        confusion: int (n_classes, n_classes), rows are true classes
    """
    hits, actual, predicted = np.diagonal(confusion), confusion.sum(1), confusion.sum(0)
    return np.stack([hits, actual - hits, predicted - hits, confusion.sum() - actual - predicted + hits], 1)


def class_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """One row per class, in the table's order: class, COUNTS, and its accuracy (the recall) with Wilson's interval.

    Args:
        table: actual, predicted, images, one row per cell
    """
    names = list(dict.fromkeys(table.actual))
    confusion = table.pivot(index="actual", columns="predicted", values="images").loc[names, names].to_numpy()
    rows = []
    for name, counts in zip(names, one_vs_rest(confusion), strict=True):
        row = {"class": str(name), **dict(zip(COUNTS, map(int, counts), strict=True))}
        hits, images = row["true_positives"], row["true_positives"] + row["false_negatives"]
        low, high = wilson_interval(hits, images)
        rows.append(row | {"accuracy": hits / images, "accuracy_low": low, "accuracy_high": high})
    return rows


def printed_classes(document: Document) -> dict[str, dict[str, float]]:
    """What document 004 printed of each class: printed_accuracy (F12), and the counts that its matrix gives (F11)."""
    matrix = printed_table(document, "vgg16_confusion")
    counts = one_vs_rest(np.array([[row[other["actual"]] for other in matrix] for row in matrix]))
    named = {
        row["actual"]: {f"printed_{name}": int(count) for name, count in zip(COUNTS, of_class, strict=True)}
        for row, of_class in zip(matrix, counts, strict=True)
    }
    printed = printed_table(document, "vgg16_classes")
    return {row["class"]: named[row["class"]] | {"printed_accuracy": row["accuracy"]} for row in printed}
