"""Which models differ significantly, and do they fail on the same images?

Writes one row per model of a role, with reported and published accuracies, one row per pair of models with McNemar's
exact test, Holm-corrected, and the shares of images that all models or none classify correctly.
"""

from itertools import combinations
from pathlib import Path

import numpy as np

from vision.data.dataset import assert_same_samples
from vision.evidence.documents import accuracies
from vision.pipeline.files import load_arrays
from vision.pipeline.parsing import read_yaml
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.calibration import describe_calibration, describe_scaled
from vision.scores.classification import summarise
from vision.scores.estimate import table_row, write_scores
from vision.scores.intervals import share_estimate
from vision.scores.paired import holm, mcnemar


def main(params: Params, *, role: str, models: Path, reported: Path, tables: Path) -> None:
    predictions = {name: load_arrays(models / name / "predictions.npz") for name in getattr(params.compared, role)}
    labels, indices = (next(iter(predictions.values()))[f"test_{key}"] for key in ("labels", "indices"))
    for arrays in predictions.values():
        assert_same_samples(arrays["test_indices"], indices)
    correct = {name: arrays["test_logits"].argmax(1) == labels for name, arrays in predictions.items()}
    options, rows = params.evaluation, []
    draws = {"bins": options.calibration_bins, "resamples": options.resamples, "seed": params.seed}
    others, dataset = read_yaml(reported), getattr(params.datasets, role)
    documents, published = (accuracies(others[source], dataset) for source in ("reported", "published"))
    for name, arrays in predictions.items():
        known = {"document_accuracy": documents.get(name), "published_accuracy": published.get(name)}
        rows.append({"model": name, **_scores(arrays, labels, **draws), **known})
    write_table(tables / "models.csv", rows)
    write_table(tables / "pairs.csv", _pairs(correct))
    every = np.stack(list(correct.values()))
    shares = {"all_right": share_estimate(every.all(0)), "none_right": share_estimate(~every.any(0))}
    write_scores(tables / "scores.csv", {"models": len(every), **shares})


def _scores(arrays: dict[str, np.ndarray], labels: np.ndarray, **options: int) -> dict[str, float]:
    logits, temperature = arrays["test_logits"], float(arrays["temperature"])
    return {
        **table_row(summarise(logits, labels)),
        **table_row(describe_calibration(logits, labels, **options)),
        **table_row(describe_scaled(logits, labels, temperature, **options), "scaled_"),
        "parameters": int(arrays["parameters"]),
        "diverged": bool(arrays["diverged"]),
    }


def _pairs(correct: dict[str, np.ndarray]) -> list[dict[str, str | float]]:
    """One row per pair of models: numbers of images, the share of shared errors, McNemar's p-value and Holm's."""
    rows = []
    for first, second in combinations(correct, 2):
        a, b = correct[first], correct[second]
        both_wrong, either_wrong = int((~a & ~b).sum()), int((~a | ~b).sum())
        row = {"first": first, "second": second, "only_first": int((a & ~b).sum()), "only_second": int((b & ~a).sum())}
        rows.append(row | {"both_wrong": both_wrong, "shared": both_wrong / max(either_wrong, 1), "p": mcnemar(a, b)})
    corrected = holm(np.array([row["p"] for row in rows]))
    return [row | {"p_holm": p} for row, p in zip(rows, corrected, strict=True)]


if __name__ == "__main__":
    run(main)
