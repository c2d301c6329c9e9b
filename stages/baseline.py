"""How good is a classifier that is fitted once, and how sure are we of that?

Reads all three splits: it is fitted to the training part, the test part is only judged, and it is kept nowhere, since
such objects cannot be read back without running what they hold. Writes what the evaluation of a network writes. Rows
H1, H18.
"""

from pathlib import Path

import numpy as np

from vision.baselines import make, temperature
from vision.datasets import Dataset, Images
from vision.errors import UserError
from vision.evaluation import write_evaluation
from vision.params import Params
from vision.stage import run


def main(
    params: Params,
    *,
    model: str,
    data: Path,
    test: Path,
    metrics: Path,
    confusion: Path,
    classes: Path,
    calibration: Path,
    misclassified: Path,
    predictions: Path,
) -> None:
    if model not in params.baselines:
        raise UserError(f"unknown baseline {model!r}; allowed: {', '.join(params.baselines)}")
    entry = params.baselines[model]
    estimator = make(entry.estimator, entry.hyper, seed=params.seed, threads=params.threads)
    splits = Dataset.load(data).splits
    estimator.fit(_pixels(splits["train"]), splits["train"].labels)
    splits |= Dataset.load(test).splits
    logits = {name: estimator.logits(_pixels(split)) for name, split in splits.items()}
    # Votes, shares and distances are no log-probabilities; one divisor, chosen by validation, makes them that.
    divisor = temperature(logits["valid"], splits["valid"].labels)
    logits = {name: values / divisor for name, values in logits.items()}
    about = {"parameters": estimator.n_numbers, "temperature": divisor}
    write_evaluation(
        logits, splits, Dataset.load(test).class_names, about, options=params.evaluation, seed=params.seed,
        metrics=metrics, confusion=confusion, classes=classes, calibration=calibration, misclassified=misclassified,
        predictions=predictions,
    )  # fmt: skip


def _pixels(split: Images) -> np.ndarray:
    """Flat pixels, float32 (N, D) in [0, 1]."""
    return split.images.reshape(len(split), -1) / np.float32(255)


if __name__ == "__main__":
    run(main)
