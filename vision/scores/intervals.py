"""Numbers with 95 % intervals: shares, means, means over seeds, and the bootstrap."""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri, stdtrit

from vision.scores.estimate import Estimate

CONFIDENCE = 0.95
Z = float(ndtri(0.5 + CONFIDENCE / 2))  # half the width of the interval, in standard errors


def wilson_interval(correct: int, images: int) -> tuple[float, float]:
    """95 % score interval of a proportion (Wilson, 1927); [0, 1] where there are no images."""
    if not images:
        return 0.0, 1.0
    share, weight = correct / images, Z**2 / images
    middle = share + weight / 2
    half = Z * math.sqrt(share * (1 - share) / images + weight / (4 * images))
    return max(0.0, (middle - half) / (1 + weight)), min(1.0, (middle + half) / (1 + weight))


def count_estimate(correct: int, images: int) -> Estimate:
    """The proportion correct / images with its Wilson interval; 0 where there are no images."""
    return Estimate(correct / max(images, 1), *wilson_interval(correct, images), images)


def share_estimate(mask: np.ndarray) -> Estimate | None:
    """Share of true in a bool mask (N,) with its Wilson interval; None of an empty mask."""
    return count_estimate(int(mask.sum()), len(mask)) if len(mask) else None


def mean_estimate(values: np.ndarray) -> Estimate:
    """Mean of many independent values (N,) with its normal interval."""
    mean, half = values.mean(), Z * values.std(ddof=1) / np.sqrt(len(values))
    return Estimate(float(mean), float(mean - half), float(mean + half), len(values))


def seed_estimate(values: np.ndarray, *, smallest: float = -math.inf, largest: float = math.inf) -> Estimate:
    """Mean and 95 % t interval, within these limits, of a number measured once per seed, at least twice."""
    mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stdtrit(len(values) - 1, 0.5 + CONFIDENCE / 2)) * std / math.sqrt(len(values))
    return Estimate(mean, max(mean - half, smallest), min(mean + half, largest), len(values))


def seed_and_sample_estimate(values: np.ndarray, samples: np.ndarray) -> Estimate:
    """As `seed_estimate` of values (S,), whose mean is also that of samples (N,); the squared half-widths are added.

    This is conservative: a part of the variance between seeds is sampling error.
    """
    by_seed, sampled = seed_estimate(values), mean_estimate(samples)
    half = math.hypot(by_seed.high - by_seed.value, (sampled.high - sampled.low) / 2)
    return by_seed._replace(low=by_seed.value - half, high=by_seed.value + half)


def percentile_interval(draws: np.ndarray) -> np.ndarray:
    """95 % percentile interval over the first axis: (2, ...)."""
    return np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)


def bootstrap(statistic: Callable[[np.ndarray], float], size: int, resamples: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of `bootstrap_draws`."""
    low, high = percentile_interval(bootstrap_draws(statistic, size, resamples, seed))
    return float(low), float(high)


def bootstrap_draws(statistic: Callable[[np.ndarray], float], size: int, resamples: int, seed: int) -> np.ndarray:
    """`statistic(positions)` of each draw of `size` positions with replacement: float64 (resamples,)."""
    generator = np.random.default_rng(seed)
    return np.array([statistic(generator.integers(0, size, size)) for _ in range(resamples)])


def resampled_means(groups: list[np.ndarray], resamples: int, seed: int) -> list[np.ndarray]:
    """Bootstrap means of each group of rows (n, D): float (resamples, D), of the rows' precision."""
    generator = np.random.default_rng(seed)
    counts = [generator.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), resamples) for rows in groups]
    return [drawn.astype(rows.dtype) @ rows / len(rows) for drawn, rows in zip(counts, groups, strict=True)]
