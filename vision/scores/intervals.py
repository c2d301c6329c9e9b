"""Intervals of 95 %: of shares, of means, over seeds, by the bootstrap."""

import math
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri, stdtrit

from vision.scores.estimate import Estimate

CONFIDENCE = 0.95
Z = float(ndtri(0.5 + CONFIDENCE / 2))  # half the width of the interval, in standard errors


def wilson_interval(correct: int, images: int) -> tuple[float, float]:
    """95 % score interval of a proportion, in [0, 1] (Wilson, 1927)."""
    share, weight = correct / images, Z**2 / images
    middle = share + weight / 2
    half = Z * math.sqrt(share * (1 - share) / images + weight / (4 * images))
    return max(0.0, (middle - half) / (1 + weight)), min(1.0, (middle + half) / (1 + weight))


def mean_interval(values: np.ndarray) -> tuple[float, float]:
    """95 % normal interval of the mean of many independent values (N,)."""
    half = Z * values.std(ddof=1) / np.sqrt(len(values))
    return float(values.mean() - half), float(values.mean() + half)


def mean_with_interval(name: str, values: np.ndarray) -> dict[str, float]:
    """Mean of values (N,) as `name`, with its normal interval as `name`_low and `name`_high."""
    low, high = mean_interval(values)
    return {name: float(values.mean()), f"{name}_low": low, f"{name}_high": high}


def mean_estimate(values: np.ndarray) -> Estimate:
    """Mean of values (N,) with its normal interval."""
    return Estimate(float(values.mean()), *mean_interval(values), len(values))


def share_estimate(mask: np.ndarray) -> Estimate | None:
    """Share of true in a bool mask (N,) with its Wilson interval; None of an empty mask."""
    return Estimate(float(mask.mean()), *wilson_interval(mask.sum(), len(mask)), len(mask)) if len(mask) else None


def seed_estimate(values: np.ndarray, *, largest: float = math.inf) -> Estimate:
    """Mean and 95 % t interval of the mean of one number measured once per seed, at least twice.

    Args:
        largest: what the number cannot exceed, nor then the interval; 1 for a share
    """
    mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stdtrit(len(values) - 1, 0.5 + CONFIDENCE / 2)) * std / math.sqrt(len(values))
    return Estimate(mean, mean - half, min(mean + half, largest), len(values))


def proportion(mask: np.ndarray) -> dict[str, int | float]:
    """Share of true in a bool mask (N,) with its Wilson interval; of an empty mask only the count, 0."""
    if not len(mask):
        return {"images": 0}
    low, high = wilson_interval(mask.sum(), len(mask))
    return {"images": len(mask), "share": float(mask.mean()), "low": low, "high": high}


def over_seeds(values: np.ndarray, *, largest: float = math.inf) -> dict[str, float]:
    """Mean, standard deviation and 95 % t interval of the mean, of one number measured once per seed (at least 2).

    Args:
        largest: what the number cannot exceed, nor then the interval; 1 for a share
    """
    mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stdtrit(len(values) - 1, 0.5 + CONFIDENCE / 2)) * std / math.sqrt(len(values))
    return {"mean": mean, "std": std, "low": mean - half, "high": min(mean + half, largest)}


def over_seeds_and_samples(values: np.ndarray, samples: np.ndarray) -> dict[str, float]:
    """As `over_seeds`, of a number that is also a mean over samples: other seeds and other samples would move it.

    Both widths are added in squares, so that it is on the safe side: part of what differs between seeds is that each
    is judged on these samples.

    Args:
        values: (S,), one per seed
        samples: (N,), what each sample adds to their mean, itself a mean over the seeds
    """
    found, (low, high) = over_seeds(values), mean_interval(samples)
    half = math.hypot(found["high"] - found["mean"], (high - low) / 2)
    return found | {"low": found["mean"] - half, "high": found["mean"] + half}


def percentile_interval(draws: np.ndarray) -> np.ndarray:
    """95 % percentile interval over the first axis: (2, ...)."""
    return np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)


def bootstrap(statistic: Callable[[np.ndarray], float], size: int, resamples: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of `statistic(positions)` when `size` positions are drawn anew with replacement."""
    low, high = percentile_interval(bootstrap_draws(statistic, size, resamples, seed))
    return float(low), float(high)


def bootstrap_draws(statistic: Callable[[np.ndarray], float], size: int, resamples: int, seed: int) -> np.ndarray:
    """The statistic of each draw, float64 (resamples,)."""
    generator = np.random.default_rng(seed)
    return np.array([statistic(generator.integers(0, size, size)) for _ in range(resamples)])
