"""Two classifiers, or two versions of one: tests and intervals of their difference."""

import math

import numpy as np
from scipy.special import bdtr

from vision.scores.intervals import Z


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """Exact two-sided p-value that two classifiers are wrong equally often (McNemar, 1947).

    Args:
        first, second: bool (N,), where each is right on the same images
    """
    return exact_mcnemar(int((first & ~second).sum()), int((second & ~first).sum()))


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """The same p-value from the numbers of images that only the first, or only the second, gets right.

    It is the exact conditional form, a fair coin thrown once for each of these images: its level holds however few
    they are, as with good models they are few. The price is power; the mid-p form (Fagerland, Lydersen, Laake, 2013)
    has more and does not guarantee its level.
    """
    fewer, differ = min(only_first, only_second), only_first + only_second
    return min(1.0, 2 * float(bdtr(fewer, differ, 0.5))) if differ else 1.0


def paired_interval(newly_right: int, newly_wrong: int, images: int) -> tuple[float, float]:
    """95 % interval of the difference of two accuracies, new less old, on the same images.

    The adjusted Wald interval of Bonett and Price (2012): one image more in each of the two counts, two more in all.
    Fagerland, Lydersen and Laake (2014) recommend it for any number of images; it has a width also where nothing
    changed.
    """
    right, wrong, total = newly_right + 1, newly_wrong + 1, images + 2
    difference = (right - wrong) / total
    half = Z * math.sqrt(((right + wrong) / total - difference**2) / total)
    return max(-1.0, difference - half), min(1.0, difference + half)


def difference_interval(
    old: float, old_interval: tuple[float, float], new: float, new_interval: tuple[float, float]
) -> tuple[float, float]:
    """95 % interval of new - old from the 95 % interval of each (Zou and Donner, 2008; of shares: Newcombe, 1998).

    It takes the two as independent. Of two models on the same images, which fail on much the same ones, it is too wide
    and so on the safe side.
    """
    (old_low, old_high), (new_low, new_high) = old_interval, new_interval
    down, up = math.hypot(new - new_low, old_high - old), math.hypot(new_high - new, old - old_low)
    return new - old - down, new - old + up


def holm(p_values: np.ndarray) -> np.ndarray:
    """P-values (N,) corrected for their number (Holm, 1979): below 0.05, each holds beside all the others."""
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(steps, 1)
    return corrected
