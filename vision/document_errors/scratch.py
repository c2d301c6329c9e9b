"""What document 004's errors with its networks from scratch change: images, scikit-learn's settings, NaN, selection."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from vision.data.dataset import Samples
from vision.document_errors.rows import Row, difference, share, share_of, shares, test_images
from vision.nets import load_net
from vision.nets.inference import predict
from vision.pipeline.schema.models import ScratchRun

DIVERGED = "a training stopped before its first checkpoint"


class Checkpoint(NamedTuple):
    """The weights of one epoch: validation accuracy, and which test images they classify correctly, bool (N,)."""

    epoch: int
    valid_accuracy: float
    correct: np.ndarray


Checkpoints = dict[str, list[Checkpoint]]  # by network, the first epoch first; none of a training that stopped before


def read_checkpoints(path: Path, test: Samples) -> list[Checkpoint]:
    """Score a network's saved epochs that its training reached."""
    saved, found = load_net(path), []
    accuracies = {row["epoch"]: row["valid_accuracy"] for row in saved.history["curves"]}
    for name, weights in saved.history["checkpoints"].items():
        if (epoch := int(name.removeprefix("epoch_"))) in accuracies:
            saved.net.load_state_dict(weights)
            found.append(Checkpoint(epoch, accuracies[epoch], predict(saved.net, test).argmax(1) == test.labels))
    return sorted(found, key=lambda one: one.epoch)


def measure_networks(
    runs: dict[str, ScratchRun], models: Path, test: Samples, valid_images: int, title: Callable[[str], str]
) -> list[Row]:
    """All rows of the networks from scratch, of one training each."""
    kinds = {name: (run.trainer, run.activation) for name, run in runs.items()}
    wanted = [name for name, kind in kinds.items() if kind[0] == "numpy" or kind == ("sklearn_defaults", "relu")]
    found = {name: read_checkpoints(models / f"{name}.pt", test) for name in wanted}
    numpy = {name: found[name] for name in wanted if kinds[name][0] == "numpy"}
    relu = next((one for name, one in numpy.items() if kinds[name][1] == "relu"), [])
    linear = [one for name, saved in numpy.items() if kinds[name][1] == "linear" for one in saved]
    defaults = {title(name): found[name] for name in wanted if name not in numpy}
    return [
        evaluate_on_training_file(relu, valid_images),
        *compare_at_other_settings(defaults, relu),
        score_no_numbers(linear, test.labels),
        select_on_test_images([one for saved in numpy.values() for one in saved]),
    ]


def evaluate_on_training_file(saved: list[Checkpoint], valid_images: int) -> Row:
    """The networks from scratch are tested on images of the training file, which no epoch was chosen by here."""
    row = Row("B4.2", "relu_accuracy", "percent")
    if not saved:
        return row._replace(left_out=DIVERGED)
    wrong, right = share(round(saved[-1].valid_accuracy * valid_images), valid_images), share_of(saved[-1].correct)
    sample = f"{valid_images:,} images of the training file, {test_images(saved[-1].correct)}"
    return row.filled((wrong, right, difference(wrong, right)), sample)


def compare_at_other_settings(defaults: Checkpoints, relu: list[Checkpoint]) -> list[Row]:
    """scikit-learn runs with its own settings; at the same settings its network is the one in NumPy."""
    rows, by_epoch = [], {one.epoch: one for one in relu}
    for title, saved in defaults.items():
        common = [one for one in saved if one.epoch in by_epoch]
        row = Row("B4.3", "sklearn_accuracy", "percent", at=title, left_out="" if common else DIVERGED)
        if common:
            row = row._replace(at=f"{title}, {common[-1].epoch} epochs")
            ways = shares(common[-1].correct, by_epoch[common[-1].epoch].correct)
            row = row.filled(ways, f"one training each, {test_images(common[-1].correct)}")
        rows.append(row)
    return rows


def score_no_numbers(linear: list[Checkpoint], labels: np.ndarray) -> Row:
    """Outputs that are NaN have an accuracy: argmax takes the first class.

    The right way is a learning rate at which they stay finite, chosen by validation.
    """
    row = Row("B4.4", "linear_accuracy", "percent")
    if not linear:
        return row._replace(left_out=DIVERGED)
    wrong = np.full((len(labels), 2), np.nan).argmax(1) == labels
    right = max(linear, key=lambda one: one.valid_accuracy).correct
    return row.filled(shares(wrong, right), test_images(labels))


def select_on_test_images(saved: list[Checkpoint]) -> Row:
    """Activation and epoch are those with the best test accuracy, which is reported as that of new images."""
    row = Row("B4.5", "selected_accuracy", "percent")
    if not saved:
        return row._replace(left_out=DIVERGED)
    wrong = max(saved, key=lambda one: one.correct.mean()).correct
    right = max(saved, key=lambda one: one.valid_accuracy).correct
    return row.filled(shares(wrong, right), f"{len(saved)} networks and epochs, {test_images(wrong)}")
