"""One row of the table of the documents' mistakes: a quantity measured the wrong way and the right way, side by side.

A row's `change` is what the mistake adds to the right value; of a factor (`times`), what it multiplies it by. Where the
two ways judge the same images, or the same seeds, its interval is that of the paired differences.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from vision.scores.intervals import mean_interval, over_seeds, wilson_interval
from vision.scores.paired import difference_interval, paired_interval

Row = dict[str, Any]
MOST = 700.0  # whose exponential is a float
WAYS = ("wrong", "right", "change")


class Measured(NamedTuple):
    """A number and its 95 % interval; all three the same where chance has no part in it."""

    value: float
    low: float
    high: float


Ways = tuple[Measured, Measured, Measured]  # wrong, right, change


def row(bug: str, measure: str, unit: str, *ways: Measured, sample: str, at: str = "") -> Row:
    """One line of the table.

    Args:
        bug: its id, as B0.1
        measure: which quantity, by its name in vision.evidence.mistakes
        ways: the quantity measured wrongly, rightly, and what the mistake adds
        unit: percent, points, nats, times, epochs, curves, features or number; a percent's change is in points
        sample: what the intervals come from, as `10,000 test images`
        at: where the quantity was measured, as `lambda 0.01`, if at several places

    Raises:
        ValueError: a number is not finite, or lies outside of its interval
    """
    found = {}
    for way, (value, low, high) in zip(WAYS, ways, strict=True):
        if not (math.isfinite(low) and math.isfinite(high) and low <= value <= high):
            raise ValueError(f"{bug} {measure} {at}: {way} is {value} ({low} to {high})")
        found |= {way: float(value), f"{way}_low": float(low), f"{way}_high": float(high)}
    return {"bug": bug, "measure": measure, "at": at, "unit": unit, **found, "sample": sample, "left_out": ""}


def left_out(bug: str, measure: str, unit: str, why: str, *, at: str = "") -> Row:
    """The line of a quantity that these data or settings do not let be measured: no numbers, and why."""
    empty = {f"{way}{end}": None for way in WAYS for end in ("", "_low", "_high")}
    return {"bug": bug, "measure": measure, "at": at, "unit": unit, **empty, "sample": "", "left_out": why}


def exact(value: float) -> Measured:
    """A number in which chance has no part once the networks are trained."""
    return Measured(value, value, value)


def counted(correct: float, images: float) -> Measured:
    """The share of so many images, with Wilson's interval; that of all or none ends there, whatever is rounded."""
    value = correct / images
    low, high = wilson_interval(correct, images)
    return Measured(value, min(low, value), max(high, value))


def share(mask: np.ndarray) -> Measured:
    """Share of true in a bool mask (N,), with Wilson's interval."""
    return counted(int(mask.sum()), len(mask))


def mean(values: np.ndarray) -> Measured:
    """Mean of many independent values (N,), with the normal interval."""
    return Measured(float(values.mean()), *mean_interval(values))


def over_runs(values: np.ndarray, *, smallest: float = -math.inf, largest: float = math.inf) -> Measured:
    """Mean of one value per seed, or per pair of runs (N,), at least two, with the t interval.

    Args:
        smallest, largest: what the value cannot pass, nor then the interval
    """
    found = over_seeds(values, largest=largest)
    return Measured(found["mean"], max(found["low"], smallest), found["high"])


def factor(values: np.ndarray) -> Measured:
    """Geometric mean of one positive value per seed (N,), at least two, with the t interval of the logarithms."""
    logarithms = over_runs(np.log(values), smallest=-MOST, largest=MOST)  # of two seeds it may reach beyond any float
    return Measured(*map(math.exp, logarithms))


def share_change(wrong: np.ndarray, right: np.ndarray) -> Measured:
    """Difference of two shares from bool masks (N,) of the same images, with its paired interval."""
    more, fewer = int((wrong & ~right).sum()), int((right & ~wrong).sum())
    return Measured((more - fewer) / len(wrong), *paired_interval(more, fewer, len(wrong)))


def shares(wrong: np.ndarray, right: np.ndarray) -> Ways:
    """The shares of true in two bool masks (N,) of the same images, and what the mistake adds."""
    return share(wrong), share(right), share_change(wrong, right)


def means(wrong: np.ndarray, right: np.ndarray) -> Ways:
    """The means of two numbers (N,) of the same images, and what the mistake adds."""
    return mean(wrong), mean(right), mean(wrong - right)


def runs(wrong: np.ndarray, right: np.ndarray, *, smallest: float = -math.inf, largest: float = math.inf) -> Ways:
    """The means of two numbers (N,) of the same seeds, or of pairs of runs, and what the mistake adds."""
    limits = {"smallest": smallest, "largest": largest}
    return over_runs(wrong, **limits), over_runs(right, **limits), over_runs(wrong - right)


def factors(wrong: np.ndarray, right: np.ndarray) -> Ways:
    """The geometric means of two positive numbers (N,) of the same seeds, and what the mistake multiplies them by."""
    return factor(wrong), factor(right), factor(wrong / right)


def one_less_others(value: float, others: np.ndarray) -> Measured:
    """The value of one run less the mean of other seeds' (N,), at least two: with the t interval of such a difference.

    It holds 0 where the one run may be one like the others.
    """
    middle = over_runs(others)
    change, reach = float(value - middle.value), (middle.high - middle.value) * math.sqrt(len(others) + 1)
    return Measured(change, change - reach, change + reach)


def difference(wrong: Measured, right: Measured) -> Measured:
    """The wrong less the right number, taken as independent: of the same images the interval is on the wide side."""
    low, high = difference_interval(right.value, right[1:], wrong.value, wrong[1:])
    return Measured(wrong.value - right.value, low, high)
