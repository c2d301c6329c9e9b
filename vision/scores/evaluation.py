"""What the evaluation of every model writes, whatever made its logits."""

from pathlib import Path
from typing import Any

import numpy as np

from vision.data.dataset import Samples
from vision.pipeline.files import save_arrays
from vision.pipeline.schema.studies import Evaluation
from vision.pipeline.tables import write_metrics, write_table
from vision.scores import calibration as reliability
from vision.scores import classification as scores
from vision.scores.temperature import describe_scaled, fit_temperature


def write_evaluation(
    logits: dict[str, np.ndarray],
    splits: dict[str, Samples],
    names: list[str],
    about: dict[str, Any],
    *,
    options: Evaluation,
    seed: int,
    metrics: Path,
    confusion: Path,
    classes: Path,
    calibration: Path,
    misclassified: Path,
    errors: Path,
    predictions: Path,
) -> None:
    """Score a model on all splits and keep its predictions. The metrics come last.

    All models are judged alike: as they are, and, under `scaled`, with one temperature chosen on the validation images,
    which the predictions are kept without and beside.

    Args:
        logits: float (N, n_classes) of each split: train, valid and test
        names: of the classes
        about: further metrics, which come first; parameters, a count, among them
    """
    logits = {name: values.astype(np.float32) for name, values in logits.items()}  # as they are kept
    judged, draws = splits["test"], {"resamples": options.resamples, "seed": seed}
    binned = {"bins": options.calibration_bins, **draws}
    temperature = fit_temperature(logits["valid"].astype(np.float64), splits["valid"].labels)
    summary = {name: scores.summarise(logits[name], split.labels) for name, split in splits.items()}
    counts = scores.confusion_matrix(judged.labels, logits["test"].argmax(1), len(names))
    summary["test"] |= reliability.describe_calibration(logits["test"], judged.labels, **binned)
    summary["test"] |= scores.macro_f1(counts, **draws)
    summary["test"]["errors"] = scores.describe_errors(logits["test"], judged.labels, **draws)
    summary["test"]["scaled"] = describe_scaled(logits["test"], judged.labels, temperature, **binned)

    write_table(confusion, scores.confusion_rows(counts, names))
    write_table(classes, [{**row, "class": names[row["class"]]} for row in scores.per_class(counts, **draws)])
    write_table(calibration, reliability.calibration_table(logits["test"], judged.labels, **binned))
    rows = [
        {"split": name, **row, "class": names[row["class"]]}
        for name in ("train", "test")
        for row in scores.misclassified_by_class(splits[name].labels, logits[name].argmax(1), len(names))
    ]
    write_table(misclassified, rows)
    write_table(errors, scores.wrong_images(logits["test"], judged.labels, judged.indices))
    arrays = {"parameters": np.array(about["parameters"]), "diverged": np.array(about.get("diverged", False))}
    arrays["temperature"] = np.array(temperature)
    for name in ("train", "test"):
        arrays |= {f"{name}_logits": logits[name]}
        arrays |= {f"{name}_labels": splits[name].labels, f"{name}_indices": splits[name].indices}
    save_arrays(predictions, **arrays)
    write_metrics(metrics, {**about, **summary})
