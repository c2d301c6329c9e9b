"""Rules that measure a claim by training curves and by the runs of a search."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.stats import theilslopes

from vision.evidence.claims.sources import Sources
from vision.scores.estimate import Estimate
from vision.scores.intervals import CONFIDENCE, share_estimate, wilson_interval
from vision.scores.paired import difference_interval

SUMMARIES = {
    "rises": lambda values: (np.diff(values) > 0).sum(),
    "falls": lambda values: (np.diff(values) < 0).sum(),
    "range": lambda values: values.max() / values.min(),
    "last": lambda values: values[-1],
}
MIN_EPOCHS = 5  # with fewer, even a curve that only rises has p > 0.05 in Kendall's test


def curve(sources: Sources, of: dict[str, Any]) -> Estimate:
    """In how many epochs a curve rises or falls, its range as a ratio, or its last value; without sampling error.

    `of` holds `model`; `split` and `measure`, as in its curves; `ask`, a key of SUMMARIES; and in `epochs` the first
    and the last epoch, unless it asks for all.
    """
    values = _values(sources, of["model"], of["split"], of["measure"], *of.get("epochs", ()))
    return Estimate(float(SUMMARIES[of["ask"]](values)))


def reported_epoch(sources: Sources, of: dict[str, Any]) -> Estimate:
    """Validation accuracy of a model after an epoch less the one that was reported, of as many images.

    `of` holds `model`; `epoch`; `reported`, in [0, 1].
    """
    *_, value = _values(sources, of["model"], "valid", "accuracy", of["epoch"], of["epoch"])
    return _accuracy_difference(value, of["reported"], sources.images(of["model"], "valid"))


def gain(sources: Sources, of: str) -> Estimate:
    """Validation accuracy of a model after its last epoch less that after its first, taken as independent."""
    first, *_, last = _values(sources, of, "valid", "accuracy")
    return _accuracy_difference(last, first, sources.images(of, "valid"))


def significant_falls(sources: Sources, of: str) -> Estimate:
    """In how many epochs a model's validation accuracy falls by more than chance, the images taken as independent."""
    values, images = _values(sources, of, "valid", "accuracy"), sources.images(of, "valid")
    falls = [_accuracy_difference(after, before, images).high < 0 for before, after in pairwise(values)]
    return Estimate(float(sum(falls)))


def trend(sources: Sources, of: dict[str, str]) -> Estimate:
    """The Theil-Sen slope of a curve by epoch; the interval is that of Kendall's test (Sen, 1968).

    `of` holds `model`; `split` and `measure`, as in its curves.
    """
    values = _values(sources, of["model"], of["split"], of["measure"])
    if len(values) < MIN_EPOCHS:
        raise ValueError(f"{of['model']} has fewer than {MIN_EPOCHS} epochs")
    slope, _, low, high = theilslopes(values, alpha=CONFIDENCE)
    return Estimate(float(slope), float(low), float(high), len(values))


def opposite_changes(sources: Sources, of: dict[str, str]) -> Estimate:
    """The share of epochs in which loss and accuracy change in opposite directions.

    `of` holds `model`; `split`, as in its curves.
    """
    loss, accuracy = (np.diff(_values(sources, of["model"], of["split"], name)) for name in ("loss", "accuracy"))
    return share_estimate(loss * accuracy < 0)


def difference_of_runs(sources: Sources, of: dict[str, Any]) -> Estimate:
    """Validation accuracy of one run of a search's first round less that of another.

    `of` holds `model`; `first` and `second`, conditions on the columns that one run with the first seed meets.
    """
    runs = sources.table_of(of["model"], "runs", "training")
    runs = runs[(runs["round"] == 1) & ~runs.new_seed]
    scores = (runs.query(of[name]).score.item() for name in ("first", "second"))
    return _accuracy_difference(*scores, sources.images(of["model"], "valid"))


def margin_of_point(sources: Sources, of: dict[str, Any]) -> Estimate:
    """How far a point of a search's first round is ahead of the best other point; below 0, behind the winner.

    The interval is over new seeds and over validation images. `of` holds `model`; `point`, a condition on its runs.
    """
    runs = sources.table_of(of["model"], "runs", "training")
    margin = sources.estimate(f"{of['model']}.search.margin_of_round_1")
    if runs[(runs["round"] == 1) & runs.winner].eval(of["point"]).all():
        return margin
    return Estimate(-margin.value, -margin.high, -margin.low, margin.n)


def _accuracy_difference(first: float, second: float, images: int) -> Estimate:
    """The first accuracy less the second, with the interval of two independent shares of so many images."""
    old, new = (wilson_interval(round(value * images), images) for value in (second, first))
    return Estimate(float(first - second), *difference_interval(second, old, first, new), images)


def _values(
    sources: Sources, model: str, split: str, measure: str, first: int = 1, last: float = math.inf
) -> np.ndarray:
    """A curve in the order of its epochs, from the first to the last: float64 (epochs,)."""
    table = sources.table_of(model, "curves", "training")
    table = table[(table.split == split) & (table.measure == measure) & table.epoch.between(first, last)]
    if len(table) < (2 if last == math.inf else last - first + 1):
        raise KeyError(f"{model} has no curve of {split} {measure} from epoch {first} to {last}")
    return table.sort_values("epoch").value.to_numpy()
