"""Which models are really better than which, and do they fail on the same images?

Reads the kept predictions of the test images of every model of one role; the names are those of params.yaml. Writes
one row per model, beside what the documents and others printed, one row per pair of models with McNemar's exact test,
corrected for their number, and what all models get right or wrong. Loss and calibration are those of the model as it is
and, in columns that begin with scaled, with the temperature that its validation images chose. Row H18.
"""

from itertools import combinations
from pathlib import Path

import numpy as np

from vision.data.dataset import assert_same_samples
from vision.evidence.documents import accuracies, read_accuracies
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics, write_table
from vision.scores.calibration import describe_calibration
from vision.scores.classification import summarise
from vision.scores.intervals import proportion
from vision.scores.paired import holm, mcnemar
from vision.scores.temperature import describe_scaled


def main(
    params: Params, *, role: str, predictions: Path, reported: Path, models: Path, pairs: Path, metrics: Path
) -> None:
    kept = {name: load_arrays(predictions / f"{name}.npz") for name in getattr(params.compared, role)}
    labels, indices = (next(iter(kept.values()))[f"test_{key}"] for key in ("labels", "indices"))
    for arrays in kept.values():
        assert_same_samples(arrays["test_indices"], indices)
    right = {name: arrays["test_logits"].argmax(1) == labels for name, arrays in kept.items()}

    others, dataset = read_accuracies(reported), getattr(params.datasets, role)
    printed, published = (accuracies(others[who], dataset) for who in ("printed", "published"))
    options = params.evaluation
    draws = {"bins": options.calibration_bins, "resamples": options.resamples, "seed": params.seed}
    rows = []
    for name, arrays in kept.items():
        logits = arrays["test_logits"]
        row = {"model": name, **summarise(logits, labels)}
        row |= describe_calibration(logits, labels, **draws)
        scaled = describe_scaled(logits, labels, float(arrays["temperature"]), **draws)
        row |= {f"scaled_{measure}": value for measure, value in scaled.items()}
        row |= {"parameters": int(arrays["parameters"]), "diverged": bool(arrays["diverged"])}
        rows.append(row | {"document_accuracy": printed.get(name), "published_accuracy": published.get(name)})
    write_table(models, rows)
    write_table(pairs, _pairs(right))
    everyone = np.stack(list(right.values()))
    write_metrics(
        metrics,
        {
            "models": len(everyone),
            "all_right": proportion(everyone.all(0)),
            "none_right": proportion(~everyone.any(0)),
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
        row |= {"both_wrong": both_wrong, "shared": both_wrong / max(either_wrong, 1), "p": mcnemar(a, b)}
        rows.append(row)
    corrected = holm(np.array([row["p"] for row in rows]))
    return [row | {"p_holm": p} for row, p in zip(rows, corrected, strict=True)]


if __name__ == "__main__":
    run(main)
