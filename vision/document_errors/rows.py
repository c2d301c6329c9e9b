"""Rows of the table of the documents' errors: a quantity measured the document's way and the right way.

A row's `change` is what the error adds to the right value; for a factor (`times`), what it multiplies it by. Where both
ways use the same images or the same seeds, its interval is that of the paired differences.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from vision.scores.equivalence import REFUTED, verdict
from vision.scores.estimate import Estimate
from vision.scores.intervals import mean_estimate, seed_estimate, wilson_interval
from vision.scores.paired import difference_interval, paired_gain

Ways = tuple[Estimate, Estimate, Estimate]  # wrong, right, change


class Row(NamedTuple):
    """One quantity.

    Attributes:
        bug, measure: the error and the quantity, as documents/errors.yaml names them
        unit: a key of vision.scores.estimate.UNITS; the change of percent is in points
        wrong, right, change: None where they are left out
        sample: what the intervals come from, as `10,000 test images`
        at: where the quantity was measured, as `lambda 0.01`, if at several places
        left_out: why these data or settings do not allow the measurement
    """

    bug: str
    measure: str
    unit: str
    wrong: Estimate | None = None
    right: Estimate | None = None
    change: Estimate | None = None
    sample: str = ""
    at: str = ""
    left_out: str = ""

    def record(self, document: str, error: dict[str, Any]) -> dict[str, Any]:
        """The row of errors.csv; `error` is its entry in documents/errors.yaml."""
        quantity = ", ".join(filter(None, (error["measures"][self.measure], self.at)))
        row = {"document": document, "bug": self.bug, "error": error["error"], "quantity": quantity}
        row |= {"measure": self.measure, "unit": self.unit}
        units = {"wrong": self.unit, "right": self.unit, "change": "points" if self.unit == "percent" else self.unit}
        texts = {}
        for (way, unit), estimate in zip(units.items(), self[3:6], strict=True):
            row[way], row[f"{way}_low"], row[f"{way}_high"] = (estimate or (None,) * 3)[:3]
            texts[f"{way}_text"] = str(estimate._replace(unit=unit)) if estimate else ""
        unchanged = 1 if self.unit == "times" else 0
        significant = bool(self.change) and verdict(self.change, (unchanged, unchanged)) == REFUTED
        return row | {"sample": self.sample, "left_out": self.left_out, "significant": significant} | texts

    def filled(self, ways: Ways, sample: str) -> "Row":
        """The row with what was measured."""
        return self._replace(**dict(zip(("wrong", "right", "change"), ways, strict=True)), sample=sample)


def test_images(labels: np.ndarray) -> str:
    """The sample of a measurement on all these images, as text."""
    return f"{len(labels):,} test images"


def share(correct: float, images: float) -> Estimate:
    """The share of so many images, with Wilson's interval, which includes it in spite of rounding."""
    value = correct / images
    low, high = wilson_interval(correct, images)
    return Estimate(value, min(low, value), max(high, value))


def share_of(mask: np.ndarray) -> Estimate:
    """The share of true in a bool mask (N,), with Wilson's interval."""
    return share(int(mask.sum()), len(mask))


def shares(wrong: np.ndarray, right: np.ndarray) -> Ways:
    """The shares of true in two bool masks (N,) of the same images, and their difference."""
    return share_of(wrong), share_of(right), paired_gain(right, wrong)


def means(wrong: np.ndarray, right: np.ndarray) -> Ways:
    """The means of two numbers (N,) of the same images, and their difference."""
    return mean_estimate(wrong), mean_estimate(right), mean_estimate(wrong - right)


def runs(wrong: np.ndarray, right: np.ndarray, **limits: float) -> Ways:
    """The means of two numbers (N,) of the same seeds, or of pairs of runs, and their difference."""
    return seed_estimate(wrong, **limits), seed_estimate(right, **limits), seed_estimate(wrong - right)


def factors(wrong: np.ndarray, right: np.ndarray) -> Ways:
    """The geometric means of two positive numbers (N,) of the same seeds, and their ratio."""
    logarithms = (seed_estimate(np.log(values)) for values in (wrong, right, wrong / right))
    return tuple(Estimate(*map(math.exp, mean[:3])) for mean in logarithms)


def one_less_others(value: float, others: np.ndarray) -> Estimate:
    """The value of one run less the mean of other seeds' (N,), at least two, with its prediction interval."""
    mean, _, high, *_ = seed_estimate(others)
    change, half = float(value - mean), (high - mean) * math.sqrt(len(others) + 1)
    return Estimate(change, change - half, change + half)


def difference(wrong: Estimate, right: Estimate) -> Estimate:
    """The wrong less the right number, taken as independent; for the same images the interval is too wide."""
    return Estimate(wrong.value - right.value, *difference_interval(right.value, right[1:3], wrong.value, wrong[1:3]))
