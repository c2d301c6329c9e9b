"""Tests of classifiers that judged the same samples."""

import numpy as np
from scipy.special import bdtr


def mcnemar(first: np.ndarray, second: np.ndarray) -> float:
    """Exact two-sided p-value that two classifiers are wrong equally often (McNemar, 1947).

    Args:
        first, second: bool (N,), where each is right on the same images
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    fewer, differ = min(only_first, only_second), only_first + only_second
    return min(1.0, 2 * float(bdtr(fewer, differ, 0.5))) if differ else 1.0


def holm(p_values: np.ndarray) -> np.ndarray:
    """P-values (N,) corrected for their number (Holm, 1979): below 0.05, each holds beside all the others."""
    order = np.argsort(p_values, kind="stable")
    steps = np.maximum.accumulate(p_values[order] * np.arange(len(p_values), 0, -1))
    corrected = np.empty(len(p_values))
    corrected[order] = np.minimum(steps, 1)
    return corrected
