"""How good predictions are, over all samples and by class, each number with its uncertainty."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from vision.scores.intervals import bootstrap, mean_with_interval, percentile_interval, proportion, wilson_interval
from vision.scores.losses import cross_entropy


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


def wrong_images(logits: np.ndarray, labels: np.ndarray, indices: np.ndarray) -> pd.DataFrame:
    """One row per misclassified image: image, label, predicted, and the probability of what was predicted.

    Probabilities have 4 decimals, which later versions of a model are compared by.

    Args:
        logits: float (N, n_classes)
        labels, indices: int (N,); an image is named by its index in its published file, and rows are in that order
    """
    predicted, top = logits.argmax(1), softmax(logits.astype(np.float64), axis=1).max(1).round(4)
    table = pd.DataFrame({"image": indices, "label": labels, "predicted": predicted, "probability": top})
    return table[predicted != labels].sort_values("image")
