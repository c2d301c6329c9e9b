"""Whether probabilities mean what they say."""

import numpy as np
from scipy.special import softmax

from vision.scores.intervals import bootstrap_draws, percentile_interval, wilson_interval


def calibration_table(logits: np.ndarray, labels: np.ndarray, bins: int) -> list[dict[str, int | float]]:
    """The reliability table: one row per non-empty bin of equal width of the top probability (Guo et al., 2017)."""
    top, correct, position = _confidence_bins(logits, labels, bins)
    rows = []
    for index in np.unique(position):
        members = position == index
        images, hits = int(members.sum()), int(correct[members].sum())
        low, high = wilson_interval(hits, images)
        row = {"bin": index, "low": index / bins, "high": (index + 1) / bins, "images": images}
        row |= {
            "confidence": top[members].mean(),
            "accuracy": hits / images,
            "accuracy_low": low,
            "accuracy_high": high,
        }
        rows.append(row)
    return rows


def expected_calibration_error(
    logits: np.ndarray, labels: np.ndarray, *, bins: int, resamples: int, seed: int
) -> dict[str, float]:
    """ECE = sum over bins of |confidence - accuracy| * share of the images, with a bootstrap interval.

    Chance can only add to the gap within a bin, so that the draws lie above the ECE of the images themselves. Their
    percentile interval is moved down by as much as their mean lies above it, to 0 at the least.
    """
    top, correct, position = _confidence_bins(logits, labels, bins)
    gap = top - correct

    def ece(chosen: np.ndarray) -> float:
        return float(np.abs(np.bincount(position[chosen], gap[chosen], minlength=bins)).sum() / len(chosen))

    value, draws = ece(np.arange(len(labels))), bootstrap_draws(ece, len(labels), resamples, seed)
    low, high = np.maximum(percentile_interval(draws) - (draws.mean() - value), 0)
    return {"ece": value, "ece_low": float(low), "ece_high": float(high)}


def _confidence_bins(logits: np.ndarray, labels: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    top = softmax(logits.astype(np.float64), axis=1).max(1)
    # Bins are open below and closed above, as in the reference; a probability is never 0.
    position = np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)
    return top, logits.argmax(1) == labels, position
