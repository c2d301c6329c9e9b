"""Tests and intervals of the difference of two classifiers."""

import math

import numpy as np
from scipy.special import bdtr

from vision.scores.estimate import Estimate
from vision.scores.intervals import Z


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """McNemar's exact two-sided p-value, from where two classifiers are right on the same images, bool (N,)."""
    return exact_mcnemar(int((first & ~second).sum()), int((second & ~first).sum()))


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """The exact conditional p-value (McNemar, 1947), from the numbers of images that one of two alone gets right."""
    fewer, differ = min(only_first, only_second), only_first + only_second
    return min(1.0, 2 * float(bdtr(fewer, differ, 0.5))) if differ else 1.0


def paired_interval(newly_right: int, newly_wrong: int, images: int) -> tuple[float, float]:
    """95 % interval of the difference of two accuracies, new less old, on the same images.

    It is the adjusted Wald interval (Bonett and Price, 2012; Fagerland, Lydersen and Laake, 2014).
    """
    right, wrong, total = newly_right + 1, newly_wrong + 1, images + 2
    difference = (right - wrong) / total
    half = Z * math.sqrt(((right + wrong) / total - difference**2) / total)
    return max(-1.0, difference - half), min(1.0, difference + half)


def paired_gain(old: np.ndarray, new: np.ndarray) -> Estimate:
    """Rise of the accuracy, from where each of two classifiers is right on the same images, bool (N,)."""
    gained, lost, images = int((new & ~old).sum()), int((old & ~new).sum()), len(old)
    return Estimate((gained - lost) / images, *paired_interval(gained, lost, images), images)


def difference_interval(
    old: float, old_interval: tuple[float, float], new: float, new_interval: tuple[float, float]
) -> tuple[float, float]:
    """95 % interval of new - old of independent samples, from that of each (Zou and Donner, 2008; Newcombe, 1998)."""
    (old_low, old_high), (new_low, new_high) = old_interval, new_interval
    down, up = math.hypot(new - new_low, old_high - old), math.hypot(new_high - new, old - old_low)
    return new - old - down, new - old + up


def holm(p_values: np.ndarray) -> np.ndarray:
    """P-values (N,) with Holm's correction (1979), which controls the family-wise error rate."""
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(steps, 1)
    return corrected
