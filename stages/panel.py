"""How much does a description of the images decide, and how much the classifier that sees it?

Reads every classifier's classes on every description. Writes one row for each with its accuracy, one for each two
descriptions of the same images with a paired test, corrected for their number, and what each loses from handwriting to
colour. Row H18, bugs B2.1, B2.8.
"""

from itertools import combinations
from pathlib import Path

import numpy as np

from vision.data.dataset import assert_same_samples
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics, write_table
from vision.scores.intervals import wilson_interval
from vision.scores.paired import difference_interval, holm, mcnemar, paired_interval

CLASSIFIERS = ("mean_image", "softmax", "linear_discriminant", "random_forest", "knn")
Cell = tuple[str, str, str]  # role, kind of description, classifier


def main(params: Params, *, guesses: Path, table: Path, pairs: Path, losses: Path, metrics: Path) -> None:
    right: dict[Cell, np.ndarray] = {}
    indices: dict[str, np.ndarray] = {}
    for name, row in params.panel.inputs.items():
        kept = load_arrays(guesses / f"{name}.npz")
        assert_same_samples(indices.setdefault(row.role, kept["indices"]), kept["indices"])
        right |= {(row.role, row.kind, key): kept[key] == kept["labels"] for key in CLASSIFIERS}
    accuracies = {cell: _accuracy(hits) for cell, hits in right.items()}
    lost = list(_losses(accuracies))

    keys = ("role", "kind", "classifier")
    write_table(table, [{**dict(zip(keys, cell, strict=True)), **found} for cell, found in accuracies.items()])
    write_table(pairs, _pairs(right))
    write_table(losses, lost)
    nested: dict = {}
    for (role, kind, classifier), found in accuracies.items():
        nested.setdefault(role, {}).setdefault(kind, {})[classifier] = found
    for row in lost:
        place = nested.setdefault("handwriting_less_colour", {}).setdefault(row["kind"], {})
        place[row["classifier"]] = {key: row[key] for key in ("loss", "loss_low", "loss_high")}
    write_metrics(metrics, nested)


def _accuracy(right: np.ndarray) -> dict[str, float]:
    low, high = wilson_interval(int(right.sum()), len(right))
    found = {"images": len(right), "correct": int(right.sum()), "accuracy": float(right.mean())}
    return {**found, "accuracy_low": low, "accuracy_high": high}


def _pairs(right: dict[Cell, np.ndarray]) -> list[dict]:
    """One row for each two descriptions under the same classifier: what the second gains, and McNemar's test."""
    rows = []
    for (role, first, classifier), (other_role, second, other) in combinations(right, 2):
        if (role, classifier) != (other_role, other):
            continue
        before, after = right[role, first, classifier], right[role, second, classifier]
        gained, lost = int((after & ~before).sum()), int((before & ~after).sum())
        low, high = paired_interval(gained, lost, len(before))
        row = {"role": role, "classifier": classifier, "first": first, "second": second}
        row |= {"only_first": lost, "only_second": gained, "gain": (gained - lost) / len(before)}
        rows.append(row | {"gain_low": low, "gain_high": high, "p": mcnemar(before, after)})
    corrected = holm(np.array([row["p"] for row in rows]))
    return [row | {"p_holm": p} for row, p in zip(rows, corrected, strict=True)]


def _losses(accuracies: dict[Cell, dict[str, float]]):
    """What each description and classifier loses from handwriting to colour; the images are others: two samples."""
    for (role, kind, classifier), easy in accuracies.items():
        hard = accuracies.get(("colour", kind, classifier))
        if role != "handwriting" or hard is None:
            continue
        intervals = [(found["accuracy_low"], found["accuracy_high"]) for found in (hard, easy)]
        low, high = difference_interval(hard["accuracy"], intervals[0], easy["accuracy"], intervals[1])
        loss = easy["accuracy"] - hard["accuracy"]
        yield {"kind": kind, "classifier": classifier, "loss": loss, "loss_low": low, "loss_high": high}


if __name__ == "__main__":
    run(main)
