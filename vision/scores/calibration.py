"""Whether probabilities mean what they say: how often the predicted class is the true one, against its probability."""

import numpy as np
from scipy.special import softmax

from vision.scores.intervals import (
    Z,
    bootstrap_draws,
    mean_with_interval,
    percentile_interval,
    wilson_interval,
)

TIED = 1e-7  # confidences that are nearer are equal: float32 logits do not tell them apart


def describe_calibration(
    logits: np.ndarray, labels: np.ndarray, *, bins: int, resamples: int, seed: int
) -> dict[str, float]:
    """Brier score, confidence gap and expected calibration error, each with its 95 % interval, and the latter's null.

    The gap is mean confidence less accuracy, in [-1, 1], above 0 where a model is surer than right. It does not see
    errors that cancel, and the calibration error does; of the gap an interval is plain, as it is a mean.

    Args:
        logits: float (N, n_classes)
        labels: int (N,)
        bins, resamples: of the calibration error, see `expected_calibration_error`

    Returns:
        brier and confidence_gap, each with _low and _high; what `expected_calibration_error` gives
    """
    top, correct = confidences(logits, labels)
    return {
        **mean_with_interval("brier", brier_scores(logits, labels)),
        **mean_with_interval("confidence_gap", top - correct),
        **expected_calibration_error(top, correct, bins=bins, resamples=resamples, seed=seed),
    }


def brier_scores(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Squared distance of the probabilities from the truth, summed over classes: float64 (N,), in [0, 2] (Brier, 1950).

    Args:
        logits: float (N, n_classes)
        labels: int (N,)
    """
    distance = softmax(logits.astype(np.float64), axis=1)
    distance[np.arange(len(labels)), labels] -= 1
    return (distance**2).sum(1)


def confidences(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the predicted class, float64 (N,), and whether that is the true one, bool (N,)."""
    return softmax(logits.astype(np.float64), axis=1).max(1), logits.argmax(1) == labels


def expected_calibration_error(
    top: np.ndarray, correct: np.ndarray, *, bins: int, resamples: int, seed: int
) -> dict[str, float]:
    """ECE, the sum over bins of |confidence - accuracy| * share of the images, with an interval and its null.

    It is the plug-in estimate with bins of equal width (Guo et al., 2017). Chance can only add to the gap of a bin, so
    a calibrated model has one above 0 too: `ece_null` is the median and the middle 95 % of what a calibrated model
    with the same confidences shows (consistency resampling: Broecker and Smith, 2007), `ece_p` how often that is as
    much as what was found. For the same reason a bootstrap interval misses the truth.

    This interval is of the error within these bins of all images like these; the error within finer bins can be larger
    (Kumar, Liang, Ma, 2019). Of thousands of images it holds the truth 95 times in 100 or more often, calibrated or
    not; of a few hundred somewhat less often. For each end that is 97.5:
    - low: the truth is less than what was found by at most the sum over bins of each gap's error, by the triangle
      inequality. The bootstrap gives that sum's quantile.
    - high: what was found is at least the mean of (confidence - correct) with the true sign of each image's bin. That
      is a plain mean, whose standard error is at most that with the mean square in place of the variance.

    Args:
        top: float64 (N,), in [0, 1]
        correct: bool (N,)

    Returns:
        ece, ece_low, ece_high, ece_null, ece_null_low, ece_null_high in [0, 1], ece_p in (0, 1]
    """
    position, images, gap = equal_width_bins(top, bins), len(top), top - correct

    def gaps(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(position[chosen], gap[chosen], minlength=bins) / images

    # Of each bin the summed confidence, and its hits: then equal hits are an equal error to the last bit.
    confidence, hits = np.bincount(position, top, minlength=bins), np.bincount(position[correct], minlength=bins)
    null = np.abs(confidence - calibrated_hits(top, position, resamples, seed, bins=bins)).sum(1) / images
    value, found = np.abs(confidence - hits).sum() / images, gaps(np.arange(images))
    noise = bootstrap_draws(lambda chosen: np.abs(gaps(chosen) - found).sum(), images, resamples, seed)
    null_low, null_high = percentile_interval(null)
    return {
        "ece": float(value),
        "ece_low": max(0.0, float(value - percentile_interval(noise)[1])),
        "ece_high": min(1.0, float(value + Z * np.sqrt((gap**2).mean() / images))),
        "ece_null": float(np.median(null)),
        "ece_null_low": float(null_low),
        "ece_null_high": float(null_high),
        "ece_p": (1 + int((null >= value).sum())) / (1 + resamples),
    }


def calibration_table(
    logits: np.ndarray, labels: np.ndarray, *, bins: int, resamples: int, seed: int
) -> list[dict[str, int | float]]:
    """The reliability diagram: one row per bin, from the least confident images to the most confident ones.

    The bins are of equal mass, unlike those of the ECE: of equal width, nearly all images would be in one.

    Returns:
        rows of bin; images; low and high, the least and the greatest confidence in it; confidence, the mean; accuracy
        with Wilson's interval; null_low and null_high, the middle 95 % of the accuracies of a calibrated model
    """
    top, correct = confidences(logits, labels)
    position = equal_mass_bins(top, bins)
    null = calibrated_hits(top, position, resamples, seed, bins=bins)
    rows = []
    for index in np.unique(position):
        members = position == index
        images, hits = int(members.sum()), int(correct[members].sum())
        low, high = wilson_interval(hits, images)
        null_low, null_high = percentile_interval(null[:, index]) / images
        row = {"bin": index, "images": images, "low": top[members].min(), "high": top[members].max()}
        row |= {"confidence": top[members].mean(), "accuracy": hits / images}
        rows.append(row | {"accuracy_low": low, "accuracy_high": high, "null_low": null_low, "null_high": null_high})
    return rows


def calibrated_hits(top: np.ndarray, position: np.ndarray, resamples: int, seed: int, *, bins: int) -> np.ndarray:
    """How many images of each bin a calibrated model gets right, in random draws: int64 (resamples, bins).

    Each image is right with the probability that the model gives (Broecker and Smith, 2007).

    Args:
        top: float64 (N,), in [0, 1]
        position: int (N,), the bin of each image, below `bins`
    """
    generator = np.random.default_rng(seed)
    draws = (generator.random(len(top)) < top for _ in range(resamples))
    return np.stack([np.bincount(position[right], minlength=bins) for right in draws])


def equal_width_bins(top: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each confidence, int (N,), in [0, bins); open below and closed above, as in Guo et al. (2017)."""
    return np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)


def equal_mass_bins(top: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each confidence, int (N,), in [0, bins), rising with it; equal confidences are in one bin.

    A value's bin is that of its middle image, were they in order. Without ties the bins differ by an image at most;
    with a value that many images have, one is larger, and others may be empty.
    """
    order = np.argsort(top, kind="stable")
    ordered, starts = top[order], [0]
    while (start := int(np.searchsorted(ordered, ordered[starts[-1]] + TIED, "right"))) < len(top):
        starts.append(start)
    counts = np.diff([*starts, len(top)])
    middle = np.array(starts) + counts / 2
    position = np.empty(len(top), int)
    position[order] = np.repeat((bins * middle / len(top)).astype(int), counts)
    return position
