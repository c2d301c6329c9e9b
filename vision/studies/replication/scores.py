"""Scores of a replication: of each run, over seeds with the prediction interval of one more run, and by lambda."""

import math
from itertools import product
from typing import Any

import numpy as np

from vision.data.dataset import Dataset
from vision.nets import restore_net
from vision.nets.inference import count_parameters, predict
from vision.pipeline.schema.models import Replication
from vision.scores.classification import misclassified_by_class, summarise
from vision.scores.estimate import Estimate
from vision.scores.intervals import seed_estimate
from vision.studies.replication.images import draw_split

SPLITS = ("train", "valid", "test")
MEASURES = {"accuracy": 1.0, "loss": math.inf}  # and their largest values
SCORE_COLUMNS = ["split", "measure", "reported", "mean", "std", "low", "high", "prediction_low", "prediction_high"]


def spread(values: np.ndarray, *, largest: float = math.inf) -> dict[str, float]:
    """Mean over seeds with its 95 % t interval, standard deviation, and 95 % prediction interval of one more run.

    A document reports one run, so its number is compared with the prediction interval, which is sqrt(n + 1) times as
    wide as that of the mean of n seeds. Both are limited to [0, largest].
    """
    estimate = seed_estimate(values)
    mean, half = estimate.value, estimate.high - estimate.value
    row = {"mean": mean, "std": float(np.std(values, ddof=1))}
    for name, reach in (("", half), ("prediction_", half * math.sqrt(len(values) + 1))):
        row |= {f"{name}low": max(mean - reach, 0.0), f"{name}high": min(mean + reach, largest)}
    return row


def named(name: str, row: dict[str, float], n: int) -> dict[str, Estimate | float]:
    """What `spread` returns as scores: the mean as an estimate over n seeds, and the rest as numbers."""
    rest = {f"{name}_{key}": row[key] for key in ("std", "prediction_low", "prediction_high") if key in row}
    return {name: Estimate(row["mean"], row["low"], row["high"], n), **rest}


def evaluate_run(saved: dict[str, Any], dataset: Dataset, valid_one_in: int, device: str) -> dict[str, Any]:
    """Parameters, scores by split and rows of classes (of train and test) of one run, saved as a checkpoint."""
    net = restore_net(saved["net"], saved["hyper"], saved["weights"], device)
    parts = {**draw_split(dataset, valid_one_in, saved["seed"]).splits, "test": dataset.splits["test"]}
    logits = {name: predict(net, part) for name, part in parts.items()}
    scores = {name: summarise(logits[name], part.labels) for name, part in parts.items()}
    classes = {
        name: misclassified_by_class(parts[name].labels, logits[name].argmax(1), len(dataset.class_names))
        for name in ("train", "test")
    }
    return {"parameters": count_parameters(net), "scores": scores, "classes": classes}


def score_rows(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per split and measure: the spread over what `evaluate_run` returned of each run."""
    return [
        {
            "split": split, "measure": measure,
            **spread(np.array([run["scores"][split][measure].value for run in runs]), largest=largest),
        }
        for split in SPLITS for measure, largest in MEASURES.items()
    ]  # fmt: skip


def class_rows(runs: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    """One row per split and class, the worst first: mean counts, and the spread of the misclassified share."""
    rows = []
    for split, (label, name) in product(("train", "test"), enumerate(names)):
        of_class = [run["classes"][split][label] for run in runs]
        counts = {key: float(np.mean([row[key] for row in of_class])) for key in ("images", "misclassified")}
        shares = spread(np.array([row["share"] for row in of_class]), largest=1.0)
        rows.append({"split": split, "class": name, **counts, **shares})
    return sorted(rows, key=lambda row: (row["split"] == "test", -row["mean"]))


def epoch_rows(curves: list[list[dict[str, float]]]) -> list[dict[str, Any]]:
    """One row per epoch, split and measure: the spread over the runs that reached the epoch, if there are two.

    Training scores are running means over the epoch, on augmented images, as the documents have them.
    """
    rows = []
    for epoch in range(1, 1 + max(map(len, curves))):
        reached = [run[epoch - 1] for run in curves if len(run) >= epoch]
        for split, prefix in (("train", "augmented_train"), ("valid", "valid")):
            for measure, largest in MEASURES.items():
                values = np.array([row[f"{prefix}_{measure}"] for row in reached])
                if len(values) > 1:
                    labels = {"epoch": epoch, "split": split, "measure": measure}
                    rows.append({**labels, **spread(values, largest=largest)})
    return rows


def lambda_scores(saved: list[dict[str, Any]], entry: Replication) -> dict[float, dict[str, Any]]:
    """By weight decay, mean, std, low and high over seeds of each number; or {"diverged": True}.

    Returns:
        of the validation accuracy: final, after the last epoch; converged, its mean over the last epochs; later_gain,
        converged minus the accuracy after convergence_epoch; fluctuation, the standard deviation over the last epochs;
        gain, converged minus that of the weight decay before on the same splits
    """
    scores, before = {}, None
    for decay in entry.weight_decay:
        curves = [run["history"]["curves"] for run in saved if run["weight_decay"] == decay]
        if any(len(run) < entry.epochs for run in curves):
            scores[decay], before = {"diverged": True}, None
            continue
        numbers = _numbers(np.array([[row["valid_accuracy"] for row in run] for run in curves]), entry)
        numbers |= {} if before is None else {"gain": numbers["converged"] - before}
        before, scores[decay] = numbers["converged"], {}
        for name, values in numbers.items():
            mean, low, high, *_ = seed_estimate(values, largest=1.0 if name in ("final", "converged") else math.inf)
            std = float(np.std(values, ddof=1))
            scores[decay][name] = {"mean": mean, "std": std, "low": low, "high": high}
    return scores


def _numbers(accuracies: np.ndarray, entry: Replication) -> dict[str, np.ndarray]:
    """The numbers of `lambda_scores`, each (n_seeds,), of accuracies (n_seeds, n_epochs)."""
    last = accuracies[:, -entry.last_epochs :]
    return {
        "final": last[:, -1],
        "converged": last.mean(1),
        "later_gain": last.mean(1) - accuracies[:, entry.convergence_epoch - 1],
        "fluctuation": last.std(1, ddof=1),
    }
