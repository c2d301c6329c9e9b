"""The numbers that judge predictions, each with its uncertainty. Arrays in, numbers out; no model is known here."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import bdtr, log_softmax, ndtri, softmax, stdtrit

CONFIDENCE = 0.95
Z = float(ndtri(0.5 + CONFIDENCE / 2))  # half the width of the interval, in standard errors


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Loss of each image, in nats: float64 (N,), from logits float (N, n_classes) and labels int (N,)."""
    return -log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels]


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


def summarise(logits: np.ndarray, labels: np.ndarray) -> dict[str, int | float]:
    """Accuracy with its Wilson interval and mean loss with its normal interval, each over all images (bug B1.1)."""
    correct, images = int((logits.argmax(1) == labels).sum()), len(labels)
    accuracy_low, accuracy_high = wilson_interval(correct, images)
    return {
        "images": images,
        "correct": correct,
        "accuracy": correct / images,
        "accuracy_low": accuracy_low,
        "accuracy_high": accuracy_high,
        **mean_with_interval("loss", cross_entropy(logits, labels)),
    }


def proportion(mask: np.ndarray) -> dict[str, int | float]:
    """Share of true in a bool mask (N,) with its Wilson interval; of an empty mask only the count, 0."""
    if not len(mask):
        return {"images": 0}
    low, high = wilson_interval(mask.sum(), len(mask))
    return {"images": len(mask), "share": float(mask.mean()), "low": low, "high": high}


def check_joined(indices: np.ndarray, others: np.ndarray) -> None:
    """Hold that two arrays describe the same samples in the same order.

    Raises:
        ValueError: they do not
    """
    if not np.array_equal(indices, others):
        raise ValueError("the sample indices of two files differ: they were made from different splits")


def over_seeds(values: np.ndarray, *, largest: float = math.inf) -> dict[str, float]:
    """Mean, standard deviation and 95 % t interval of the mean, of one number measured once per seed (at least 2).

    Args:
        largest: what the number cannot exceed, nor then the interval; 1 for a share
    """
    mean, std = float(np.mean(values)), float(np.std(values, ddof=1))
    half = float(stdtrit(len(values) - 1, 0.5 + CONFIDENCE / 2)) * std / math.sqrt(len(values))
    return {"mean": mean, "std": std, "low": mean - half, "high": min(mean + half, largest)}


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts, int64 (n_classes, n_classes): rows are true classes, columns predicted ones."""
    return np.bincount(labels * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_rows(confusion: np.ndarray, names: list[str]) -> list[dict[str, str | int]]:
    """The confusion matrix as tidy rows of actual, predicted, images."""
    return [
        {"actual": names[actual], "predicted": names[predicted], "images": int(count)}
        for (actual, predicted), count in np.ndenumerate(confusion)
    ]


def describe_errors(logits: np.ndarray, labels: np.ndarray, *, resamples: int, seed: int) -> dict:
    """How sure the predictions are, right and wrong, and how often the true class comes second when they are wrong."""
    probabilities = softmax(logits.astype(np.float64), axis=1)
    wrong = logits.argmax(1) != labels
    errors = {}
    for name, top in {"wrong": probabilities[wrong].max(1), "right": probabilities[~wrong].max(1)}.items():
        if len(top):
            low, high = bootstrap(lambda chosen, top=top: np.median(top[chosen]), len(top), resamples, seed)
            errors |= {f"median_confidence_{name}": float(np.median(top))}
            errors |= {f"median_confidence_{name}_low": low, f"median_confidence_{name}_high": high}
    others = np.where(np.eye(logits.shape[1], dtype=bool)[logits[wrong].argmax(1)], -np.inf, logits[wrong])
    return {**errors, "true_class_second": proportion(others.argmax(1) == labels[wrong])}


def precision_recall_f1(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class from counts (..., n_classes, n_classes); 0 where nothing was predicted."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    predicted, actual = confusion.sum(-2), confusion.sum(-1)
    return hits / np.maximum(predicted, 1), hits / np.maximum(actual, 1), 2 * hits / np.maximum(predicted + actual, 1)


def resampled_f1(confusion: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """F1 of each class in bootstrap draws: float64 (resamples, n_classes).

    The whole table is drawn anew as one multinomial, which is what drawing the images anew does to it.
    """
    draws = np.random.default_rng(seed).multinomial(confusion.sum(), confusion.ravel() / confusion.sum(), resamples)
    return precision_recall_f1(draws.reshape(-1, *confusion.shape))[2]


def macro_f1(confusion: np.ndarray, resamples: int, seed: int) -> dict[str, float]:
    """F1 averaged over classes, with its bootstrap interval."""
    low, high = percentile_interval(resampled_f1(confusion, resamples, seed).mean(1))
    value = precision_recall_f1(confusion)[2].mean()
    return {"macro_f1": float(value), "macro_f1_low": float(low), "macro_f1_high": float(high)}


def per_class(confusion: np.ndarray, resamples: int, seed: int) -> list[dict[str, int | float]]:
    """One row per class: images, correct, predicted; precision, recall (Wilson) and F1 (bootstrap) with intervals."""
    f1_low, f1_high = percentile_interval(resampled_f1(confusion, resamples, seed))
    precision, recall, f1 = precision_recall_f1(confusion)
    rows = []
    for label, hits in enumerate(np.diagonal(confusion)):
        actual, predicted = confusion[label].sum(), confusion[:, label].sum()
        row = {"class": label, "images": actual, "correct": hits, "predicted": predicted}
        for name, value, count in (("precision", precision, predicted), ("recall", recall, actual)):
            low, high = wilson_interval(hits, count) if count else (0.0, 1.0)
            row |= {name: value[label], f"{name}_low": low, f"{name}_high": high}
        rows.append(row | {"f1": f1[label], "f1_low": f1_low[label], "f1_high": f1_high[label]})
    return rows


def misclassified_by_class(labels: np.ndarray, predictions: np.ndarray, n_classes: int) -> list[dict]:
    """One row per class, error-free ones too (bug B3.9): images, misclassified, and their share with its interval."""
    rows = []
    for label in range(n_classes):
        wrong = predictions[labels == label] != label
        row = {"class": label, "images": len(wrong), "misclassified": int(wrong.sum())}
        low, high = wilson_interval(wrong.sum(), len(wrong)) if len(wrong) else (0.0, 1.0)
        rows.append(row | {"share": wrong.mean() if len(wrong) else 0.0, "share_low": low, "share_high": high})
    return rows


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


def percentile_interval(draws: np.ndarray) -> np.ndarray:
    """95 % percentile interval over the first axis: (2, ...)."""
    return np.quantile(draws, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)


def bootstrap(statistic: Callable[[np.ndarray], float], size: int, resamples: int, seed: int) -> tuple[float, float]:
    """95 % percentile interval of `statistic(positions)` when `size` positions are drawn anew with replacement."""
    low, high = percentile_interval(_bootstrap_draws(statistic, size, resamples, seed))
    return float(low), float(high)


def _bootstrap_draws(statistic: Callable[[np.ndarray], float], size: int, resamples: int, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return np.array([statistic(generator.integers(0, size, size)) for _ in range(resamples)])


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

    value, draws = ece(np.arange(len(labels))), _bootstrap_draws(ece, len(labels), resamples, seed)
    low, high = np.maximum(percentile_interval(draws) - (draws.mean() - value), 0)
    return {"ece": value, "ece_low": float(low), "ece_high": float(high)}


def _confidence_bins(logits: np.ndarray, labels: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    top = softmax(logits.astype(np.float64), axis=1).max(1)
    # Bins are open below and closed above, as in the reference; a probability is never 0.
    position = np.clip(np.ceil(top * bins).astype(int) - 1, 0, bins - 1)
    return top, logits.argmax(1) == labels, position


@dataclass(frozen=True)
class PowerLaw:
    """y = factor * x ** exponent, fitted as a line on logarithms.

    Attributes:
        exponent, exponent_low, exponent_high: with the 95 % t interval
        per_decade, per_decade_low, per_decade_high: what ten times the x does to y, 10 ** exponent
    """

    factor: float
    exponent: float
    exponent_low: float
    exponent_high: float
    per_decade: float
    per_decade_low: float
    per_decade_high: float


def fit_power_law(x: np.ndarray, y: np.ndarray) -> PowerLaw:
    """Fit by least squares on logarithms; every point counts alike.

    Args:
        x, y: float (N,), positive, at least 3 points of at least 2 different x
    """
    from scipy import stats  # half a second to import, and this is its only use

    line = stats.linregress(np.log(x), np.log(y))
    half = stdtrit(len(x) - 2, 0.5 + CONFIDENCE / 2) * line.stderr
    exponents = [float(line.slope + step) for step in (0, -half, half)]
    return PowerLaw(float(np.exp(line.intercept)), *exponents, *(10**exponent for exponent in exponents))
