"""What the evaluation of a model writes, for networks and classifiers alike."""

from pathlib import Path
from typing import Any

import numpy as np

from vision.data.dataset import Samples
from vision.pipeline.files import save_arrays
from vision.pipeline.schema.studies import Evaluation
from vision.pipeline.tables import write_metrics, write_table
from vision.scores import calibration as reliability
from vision.scores import classification
from vision.scores.estimate import write_scores


def write_evaluation(
    logits: dict[str, np.ndarray], splits: dict[str, Samples], names: list[str], about: dict[str, Any], *,
    options: Evaluation, seed: int, tables: Path, predictions: Path, metrics: Path,
) -> None:  # fmt: skip
    """Score a model on all splits by its logits (N, n_classes); write its tables, predictions and headline numbers.

    `about` holds further scores, the number of parameters among them.
    """
    logits = {name: values.astype(np.float32) for name, values in logits.items()}  # the precision of the predictions
    test, draws = splits["test"], {"resamples": options.resamples, "seed": seed}
    binned = {"bins": options.calibration_bins, **draws}
    temperature = reliability.fit_temperature(logits["valid"].astype(np.float64), splits["valid"].labels)
    confusion = classification.confusion_matrix(test.labels, logits["test"].argmax(1), len(names))
    scores = {name: classification.summarise(logits[name], split.labels) for name, split in splits.items()}
    scores["test"] |= {
        **reliability.describe_calibration(logits["test"], test.labels, **binned),
        "macro_f1": classification.macro_f1(confusion, **draws),
        "errors": classification.describe_errors(logits["test"], test.labels, **draws),
        "scaled": reliability.describe_scaled(logits["test"], test.labels, temperature, **binned),
    }
    write_scores(tables / "scores.csv", about | scores)
    write_table(tables / "confusion.csv", classification.confusion_rows(confusion, names))
    write_table(tables / "classes.csv", _named(classification.per_class(confusion, **draws), names))
    write_table(tables / "calibration.csv", reliability.calibration_table(logits["test"], test.labels, **binned))
    write_table(tables / "errors.csv", classification.wrong_images(logits["test"], test.labels, test.indices))
    arrays = {"parameters": about["parameters"], "diverged": about.get("diverged", False), "temperature": temperature}
    misclassified = []
    for name in ("train", "test"):
        labels, indices = splits[name].labels, splits[name].indices
        arrays |= {f"{name}_logits": logits[name], f"{name}_labels": labels, f"{name}_indices": indices}
        rows = classification.misclassified_by_class(labels, logits[name].argmax(1), len(names))
        misclassified += [{"split": name, **row} for row in _named(rows, names)]
    write_table(tables / "misclassified.csv", misclassified)
    save_arrays(predictions, **{name: np.asarray(array) for name, array in arrays.items()})
    headline = scores["test"]["accuracy"].columns("accuracy")
    headline |= {name: scores["test"][name].value for name in ("loss", "ece")}
    diverged = {"diverged": True} if arrays["diverged"] else {}
    write_metrics(metrics, diverged | {"test": headline, "valid": {"accuracy": scores["valid"]["accuracy"].value}})


def _named(rows: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    return [{**row, "class": names[row["class"]]} for row in rows]
