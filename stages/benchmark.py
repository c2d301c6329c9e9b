"""How much does the representation of the images decide, and how much the classifier?

Writes the accuracy of every classifier on every representation, paired tests of each two representations of the same
images, Holm-corrected, and what each loses from handwriting to colour.
"""

from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from vision.data.dataset import assert_same_samples
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.classification import accuracy_scores
from vision.scores.estimate import Estimate, table_row, write_scores
from vision.scores.paired import difference_interval, holm, mcnemar, paired_gain

CLASSIFIERS = ("mean_image", "softmax", "linear_discriminant", "random_forest", "knn")
KEYS = ("role", "kind", "classifier")
Cell = tuple[str, str, str]  # of KEYS


def main(params: Params, *, predictions: Path, tables: Path) -> None:
    correct, indices = {}, {}
    for name, entry in params.benchmark.inputs.items():
        arrays = load_arrays(predictions / f"{name}.npz")
        assert_same_samples(indices.setdefault(entry.role, arrays["indices"]), arrays["indices"])
        correct |= {(entry.role, entry.kind, key): arrays[key] == arrays["labels"] for key in CLASSIFIERS}
    scores = {cell: accuracy_scores(mask) for cell, mask in correct.items()}
    losses = _losses({cell: numbers["accuracy"] for cell, numbers in scores.items()})
    rows = [dict(zip(KEYS, cell, strict=True)) | table_row(numbers) for cell, numbers in scores.items()]
    write_table(tables / "accuracy.csv", rows)
    write_table(tables / "pairs.csv", _pairs(correct))
    rows = [dict(zip(KEYS[1:], cell, strict=True)) | loss.columns("loss") for cell, loss in losses.items()]
    write_table(tables / "losses.csv", rows)
    named = {".".join(cell): numbers for cell, numbers in scores.items()}
    named |= {".".join(["handwriting_less_colour", *cell, "loss"]): loss for cell, loss in losses.items()}
    write_scores(tables / "scores.csv", named)


def _pairs(correct: dict[Cell, np.ndarray]) -> list[dict[str, Any]]:
    rows = []
    for (role, first, classifier), (other_role, second, other) in combinations(correct, 2):
        if (role, classifier) != (other_role, other):
            continue
        before, after = correct[role, first, classifier], correct[role, second, classifier]
        row = {"role": role, "classifier": classifier, "first": first, "second": second}
        row |= {"only_first": int((before & ~after).sum()), "only_second": int((after & ~before).sum())}
        rows.append(row | paired_gain(before, after).columns("gain") | {"p": mcnemar(before, after)})
    corrected = holm(np.array([row["p"] for row in rows]))
    return [row | {"p_holm": p} for row, p in zip(rows, corrected, strict=True)]


def _losses(accuracies: dict[Cell, Estimate]) -> dict[tuple[str, str], Estimate]:
    """Loss of accuracy from handwriting to colour, by kind and classifier."""
    losses = {}
    for (role, kind, classifier), easy in accuracies.items():
        if role == "handwriting" and (hard := accuracies.get(("colour", kind, classifier))):
            bounds = difference_interval(hard.value, (hard.low, hard.high), easy.value, (easy.low, easy.high))
            losses[kind, classifier] = Estimate(easy.value - hard.value, *bounds)
    return losses


if __name__ == "__main__":
    run(main)
