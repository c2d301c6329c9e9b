"""How strange an image is to a classifier, and how well that tells strangers from its own kind (bug B4.9)."""

import math
from typing import Any

import numpy as np
from scipy.special import logsumexp, softmax
from scipy.stats import rankdata

from vision.scores.intervals import Z, proportion


def confidences(logits: np.ndarray) -> np.ndarray:
    """The largest probability of each image, float64 (N,): low for strangers (Hendrycks and Gimpel, 2017)."""
    return softmax(logits.astype(np.float64), axis=1).max(1)


def energies(logits: np.ndarray) -> np.ndarray:
    """-log sum exp of each image's logits, float64 (N,): high for strangers (Liu et al., 2020)."""
    return -logsumexp(logits.astype(np.float64), axis=1)


def strangeness(logits: np.ndarray) -> dict[str, np.ndarray]:
    """Both scores by name, float64 (N,): the larger, the stranger. Of the confidence that is what is missing to 1."""
    return {"confidence": 1 - confidences(logits), "energy": energies(logits)}


def area_under_curve(ordinary: np.ndarray, strange: np.ndarray) -> dict[str, float]:
    """How often a stranger has the larger score, a tie counting half, with DeLong's interval (1988).

    That is the area under the ROC curve. Where all strangers are above all others, the interval has no width.

    Args:
        ordinary, strange: scores, (N,) and (M,), at least two each

    Returns:
        auroc, auroc_low, auroc_high, in [0, 1]
    """
    n, m = len(ordinary), len(strange)
    ranks = rankdata(np.concatenate([ordinary, strange]))  # from 1; means among equals
    above = (ranks[n:] - rankdata(strange)) / n  # of each stranger: the share of the others that it exceeds
    below = 1 - (ranks[:n] - rankdata(ordinary)) / m  # of each other: the share of strangers that exceed it
    area, half = float(above.mean()), Z * math.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    return {"auroc": area, "auroc_low": max(0.0, area - half), "auroc_high": min(1.0, area + half)}


def judge(logits: np.ndarray, ordinary: np.ndarray) -> list[dict[str, Any]]:
    """What a classifier takes each picture for, and which share of its own kind of images looks stranger to it.

    Args:
        logits, ordinary: float (N, n_classes) of the pictures, and of images of its own kind

    Returns:
        for each picture guess, confidence, energy, and a proportion of `ordinary` by each score
    """
    found, theirs = strangeness(logits), strangeness(ordinary)
    values = zip(logits.argmax(1), confidences(logits), energies(logits), strict=True)
    return [
        {"guess": int(guess), "confidence": float(confidence), "energy": float(energy)}
        | {f"stranger_by_{score}": proportion(theirs[score] > found[score][place]) for score in theirs}
        for place, (guess, confidence, energy) in enumerate(values)
    ]


def tell_apart(ordinary: np.ndarray, strange: np.ndarray) -> dict[str, dict[str, float]]:
    """How well each score tells strangers' logits (M, n_classes) from those of a classifier's own kind of images."""
    theirs, others = strangeness(ordinary), strangeness(strange)
    return {score: area_under_curve(theirs[score], others[score]) for score in theirs}
