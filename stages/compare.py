"""Which models are really better than which, and do they fail on the same images?

Reads every model's kept predictions of the test images; the names are those of params.yaml. Writes one row per model,
one row per pair of models with McNemar's exact test, corrected for their number, and what all models get right or
wrong. Row H18.
"""

from itertools import combinations
from pathlib import Path

import numpy as np

from vision import scores
from vision.files import load_arrays
from vision.params import Params
from vision.results import write_metrics, write_table
from vision.stage import run

# Test accuracies that the documents print (rows C4, H1, L3, L6, L14, P10); that of H1 is of 10,000 training images.
DOCUMENTS = {
    "mean_image": 0.645,
    "softmax_document": 0.9122,
    "softmax": 0.9231,
    "tanh_mlp_document": 0.9589,
    "relu_mlp": 0.9837,
    "convnet": 0.9932,
}


def main(params: Params, *, predictions: Path, models: Path, pairs: Path, metrics: Path) -> None:
    kept = {name: load_arrays(predictions / f"{name}.npz") for name in params.compared}
    labels, indices = (kept["convnet"][f"test_{key}"] for key in ("labels", "indices"))
    for arrays in kept.values():
        scores.check_joined(arrays["test_indices"], indices)
    right = {name: arrays["test_logits"].argmax(1) == labels for name, arrays in kept.items()}

    draws = {"resamples": params.evaluation.resamples, "seed": params.seed}
    rows = []
    for name, arrays in kept.items():
        logits = arrays["test_logits"]
        ece = scores.expected_calibration_error(logits, labels, bins=params.evaluation.calibration_bins, **draws)
        row = {"model": name, **scores.summarise(logits, labels), **ece, "parameters": int(arrays["parameters"])}
        said = DOCUMENTS.get(name) if params.datasets.handwriting == "mnist" else None
        rows.append(row | {"diverged": bool(arrays["diverged"]), "document_accuracy": said})
    write_table(models, rows)
    write_table(pairs, _pairs(right))
    everyone = np.stack(list(right.values()))
    write_metrics(
        metrics,
        {
            "models": len(everyone),
            "all_right": scores.proportion(everyone.all(0)),
            "none_right": scores.proportion(~everyone.any(0)),
        },
    )


def _pairs(right: dict[str, np.ndarray]) -> list[dict]:
    """One row per pair of models, in the order of the models.

    Columns: images that only one of them gets right, those that both get wrong, their share of all that either gets
    wrong, McNemar's p-value and Holm's.
    """
    rows = []
    for first, second in combinations(right, 2):
        a, b = right[first], right[second]
        both_wrong, either_wrong = int((~a & ~b).sum()), int((~a | ~b).sum())
        row = {"first": first, "second": second, "only_first": int((a & ~b).sum()), "only_second": int((b & ~a).sum())}
        row |= {"both_wrong": both_wrong, "shared": both_wrong / max(either_wrong, 1), "p": scores.mcnemar(a, b)}
        rows.append(row)
    corrected = scores.holm(np.array([row["p"] for row in rows]))
    return [row | {"p_holm": p} for row, p in zip(rows, corrected, strict=True)]


if __name__ == "__main__":
    run(main)
