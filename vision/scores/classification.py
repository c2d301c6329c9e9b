"""Scores of predictions, over all samples and by class, with their intervals."""

import numpy as np
import pandas as pd
from scipy.special import softmax

from vision.scores.estimate import Estimate
from vision.scores.intervals import bootstrap, count_estimate, mean_estimate, percentile_interval, share_estimate
from vision.scores.losses import cross_entropy


def summarise(logits: np.ndarray, labels: np.ndarray) -> dict[str, int | Estimate]:
    """Number of images and of correct ones, accuracy, and mean loss, over all images."""
    return accuracy_scores(logits.argmax(1) == labels) | {"loss": mean_estimate(cross_entropy(logits, labels))}


def accuracy_scores(correct: np.ndarray) -> dict[str, int | Estimate]:
    """Number of images and of correct ones, and accuracy, from a bool mask (N,)."""
    count, images = int(correct.sum()), len(correct)
    return {"images": images, "correct": count, "accuracy": count_estimate(count, images)}


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray, n_classes: int) -> np.ndarray:
    """Counts, int64 (n_classes, n_classes): rows are true classes, columns predicted ones."""
    return np.bincount(labels * n_classes + predictions, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_rows(confusion: np.ndarray, names: list[str]) -> list[dict[str, str | int]]:
    """The confusion matrix as tidy rows of actual, predicted, images."""
    cells = np.ndenumerate(confusion)
    return [{"actual": names[row], "predicted": names[column], "images": int(count)} for (row, column), count in cells]


def describe_errors(logits: np.ndarray, labels: np.ndarray, *, resamples: int, seed: int) -> dict[str, Estimate | None]:
    """Median confidence of wrong and of right predictions, and how often the true class is second among the wrong."""
    probabilities = softmax(logits.astype(np.float64), axis=1)
    wrong = logits.argmax(1) != labels
    errors = {}
    for name, top in {"wrong": probabilities[wrong].max(1), "right": probabilities[~wrong].max(1)}.items():
        if len(top):
            bounds = bootstrap(lambda chosen, top=top: np.median(top[chosen]), len(top), resamples, seed)
            errors[f"median_confidence_{name}"] = Estimate(float(np.median(top)), *bounds, len(top))
    others = np.where(np.eye(logits.shape[1], dtype=bool)[logits[wrong].argmax(1)], -np.inf, logits[wrong])
    return {**errors, "true_class_second": share_estimate(others.argmax(1) == labels[wrong])}


def precision_recall_f1(confusion: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Precision, recall and F1 of each class from counts (..., n_classes, n_classes); 0 where nothing was predicted."""
    correct = np.diagonal(confusion, axis1=-2, axis2=-1)
    predicted, actual = confusion.sum(-2), confusion.sum(-1)
    f1 = 2 * correct / np.maximum(predicted + actual, 1)
    return correct / np.maximum(predicted, 1), correct / np.maximum(actual, 1), f1


def resampled_f1(confusion: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    """F1 of each class in bootstrap draws, of the whole matrix at once: float64 (resamples, n_classes)."""
    draws = np.random.default_rng(seed).multinomial(confusion.sum(), confusion.ravel() / confusion.sum(), resamples)
    return precision_recall_f1(draws.reshape(-1, *confusion.shape))[2]


def macro_f1(confusion: np.ndarray, resamples: int, seed: int) -> Estimate:
    """F1 averaged over classes, with its bootstrap interval."""
    low, high = percentile_interval(resampled_f1(confusion, resamples, seed).mean(1))
    return Estimate(float(precision_recall_f1(confusion)[2].mean()), float(low), float(high), int(confusion.sum()))


def per_class(confusion: np.ndarray, resamples: int, seed: int) -> list[dict[str, int | float]]:
    """One row per class: counts; precision, recall (Wilson) and F1 (bootstrap) with intervals."""
    f1 = np.stack([precision_recall_f1(confusion)[2], *percentile_interval(resampled_f1(confusion, resamples, seed))])
    rows = []
    for label, correct in enumerate(np.diagonal(confusion)):
        images, predicted = confusion[label].sum(), confusion[:, label].sum()
        row = {"class": label, "images": images, "correct": correct, "predicted": predicted}
        row |= count_estimate(correct, predicted).columns("precision")
        row |= count_estimate(correct, images).columns("recall")
        rows.append(row | Estimate(*f1[:, label]).columns("f1"))
    return rows


def misclassified_by_class(labels: np.ndarray, predictions: np.ndarray, n_classes: int) -> list[dict[str, int | float]]:
    """One row per class, also where it has no errors: images, misclassified, and their share with its interval."""
    rows = []
    for label in range(n_classes):
        wrong = predictions[labels == label] != label
        row = {"class": label, "images": len(wrong), "misclassified": int(wrong.sum())}
        rows.append(row | count_estimate(row["misclassified"], len(wrong)).columns("share"))
    return rows


def wrong_images(logits: np.ndarray, labels: np.ndarray, indices: np.ndarray) -> pd.DataFrame:
    """One row per misclassified image, by its index, with the probabilities of the predicted and the true class."""
    predicted, probabilities = logits.argmax(1), softmax(logits.astype(np.float64), axis=1).round(4)
    table = pd.DataFrame({"image": indices, "label": labels, "predicted": predicted})
    table["probability"] = probabilities.max(1)
    table["true_probability"] = probabilities[np.arange(len(labels)), labels]
    return table[predicted != labels].sort_values("image")
