"""Calibration errors and temperature scaling."""

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import softmax

from vision.scores.estimate import Estimate
from vision.scores.intervals import Z, bootstrap_draws, count_estimate, mean_estimate, percentile_interval
from vision.scores.losses import cross_entropy

TIED = 1e-7  # closer confidences count as equal, since float32 logits do not separate them


def describe_calibration(logits: np.ndarray, labels: np.ndarray, **options: int) -> dict[str, Estimate | float]:
    """Brier score, confidence gap (mean confidence less accuracy) and calibration error of logits (N, n_classes)."""
    top, correct = confidences(logits, labels)
    scores = {"brier": mean_estimate(brier_scores(logits, labels)), "confidence_gap": mean_estimate(top - correct)}
    return scores | expected_calibration_error(top, correct, **options)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The divisor of logits (N, n_classes), in [exp(-5), exp(10)], with the least mean loss (Guo et al., 2017)."""

    def loss(logarithm: float) -> float:
        return float(cross_entropy(logits / np.exp(logarithm), labels).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 10), method="bounded").x))


def describe_scaled(
    logits: np.ndarray, labels: np.ndarray, temperature: float, **options: int
) -> dict[str, Estimate | float]:
    """The temperature, and loss and calibration of logits (N, n_classes) divided by it."""
    scaled = logits.astype(np.float64) / temperature
    loss = mean_estimate(cross_entropy(scaled, labels))
    return {"temperature": temperature, "loss": loss, **describe_calibration(scaled, labels, **options)}


def brier_scores(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Squared distance of probabilities from one-hot labels (Brier, 1950): float64 (N,), in [0, 2]."""
    distance = softmax(logits.astype(np.float64), axis=1)
    distance[np.arange(len(labels)), labels] -= 1
    return (distance**2).sum(1)


def confidences(logits: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probability of the predicted class, float64 (N,), and whether that is the true one, bool (N,)."""
    return softmax(logits.astype(np.float64), axis=1).max(1), logits.argmax(1) == labels


def expected_calibration_error(
    top: np.ndarray, correct: np.ndarray, *, bins: int, resamples: int, seed: int
) -> dict[str, Estimate | float]:
    """ECE within bins of equal width (Guo et al., 2017), of confidences `top`, float64 (N,), and `correct`, bool (N,).

    `ece_null` is the median and the middle 95 % of the ECE of a calibrated model with the same confidences (consistency
    resampling: Broecker and Smith, 2007); `ece_p`, in (0, 1], is how often that is at least the measured ECE.

    Sampling noise only increases the ECE, so a bootstrap interval would not contain it. This interval is conservative:
    - low: by the triangle inequality, the estimate exceeds the true value by at most the sum over bins of the errors of
      their gaps. The bootstrap gives the quantile of that sum.
    - high: the estimate is at least the mean of (confidence - correct) with the true sign of each image's bin, whose
      standard error is at most that with the mean square in place of the variance.
    """
    position, images, gap = equal_width_bins(top, bins), len(top), top - correct

    def bin_gaps(chosen: np.ndarray) -> np.ndarray:
        return np.bincount(position[chosen], gap[chosen], minlength=bins) / images

    # Sums of confidences and counts of correct images by bin: equal counts then give bitwise equal errors.
    confidence, counts = np.bincount(position, top, minlength=bins), np.bincount(position[correct], minlength=bins)
    null = np.abs(confidence - calibrated_counts(top, position, resamples, seed, bins=bins)).sum(1) / images
    value, measured = np.abs(confidence - counts).sum() / images, bin_gaps(np.arange(images))
    noise = bootstrap_draws(lambda chosen: np.abs(bin_gaps(chosen) - measured).sum(), images, resamples, seed)
    low = max(0.0, float(value - percentile_interval(noise)[1]))
    high = min(1.0, float(value + Z * np.sqrt((gap**2).mean() / images)))
    return {
        "ece": Estimate(float(value), low, high, images),
        "ece_null": Estimate(float(np.median(null)), *map(float, percentile_interval(null)), images),
        "ece_p": (1 + int((null >= value).sum())) / (1 + resamples),
    }


def calibration_table(
    logits: np.ndarray, labels: np.ndarray, *, bins: int, resamples: int, seed: int
) -> list[dict[str, int | float]]:
    """The reliability diagram: one row per bin of equal mass, also with 95 % of a calibrated model's accuracies."""
    top, correct = confidences(logits, labels)
    position = equal_mass_bins(top, bins)
    null = calibrated_counts(top, position, resamples, seed, bins=bins)
    rows = []
    for index in np.unique(position):
        members = position == index
        images = int(members.sum())
        row = {"bin": index, "images": images, "low": top[members].min(), "high": top[members].max()}
        row["confidence"] = top[members].mean()
        row |= count_estimate(int(correct[members].sum()), images).columns("accuracy")
        row["null_low"], row["null_high"] = percentile_interval(null[:, index]) / images
        rows.append(row)
    return rows


def calibrated_counts(top: np.ndarray, position: np.ndarray, resamples: int, seed: int, *, bins: int) -> np.ndarray:
    """Correct predictions of a calibrated model in each bin, in random draws: int64 (resamples, bins)."""
    generator = np.random.default_rng(seed)
    draws = (generator.random(len(top)) < top for _ in range(resamples))
    return np.stack([np.bincount(position[correct], minlength=bins) for correct in draws])


def equal_width_bins(top: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each confidence, int (N,), in [0, bins); open below and closed above, as in Guo et al. (2017)."""
    return np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)


def equal_mass_bins(top: np.ndarray, bins: int) -> np.ndarray:
    """Bin of each confidence, int (N,), in [0, bins); the middle image of those with equal confidence decides it."""
    order, starts = np.argsort(top, kind="stable"), [0]
    ordered = top[order]
    while (start := int(np.searchsorted(ordered, ordered[starts[-1]] + TIED, "right"))) < len(top):
        starts.append(start)
    counts = np.diff([*starts, len(top)])
    position = np.empty(len(top), int)
    position[order] = np.repeat((bins * (np.array(starts) + counts / 2) / len(top)).astype(int), counts)
    return position
