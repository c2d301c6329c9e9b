"""Entropy, cross-entropy and Kullback-Leibler divergence of distributions, in nats.

Cross-entropy is divergence and entropy, added: H(p, q) = KL(p||q) + S(p), where p are the labels and q what a network
predicts. So both are equal where S(p) = 0, and both have the same minimiser in q whatever p is, as S(p) has no q in it.
"""

from typing import Any

import numpy as np
from scipy.special import entr, rel_entr, xlogy

Rows = list[dict[str, Any]]


def entropy(p: np.ndarray) -> np.ndarray:
    """S(p) = -sum p ln p of distributions (..., n): (...)."""
    return entr(p).sum(-1)


def cross_entropy(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """H(p, q) = -sum p ln q of distributions (..., n): (...); infinite where q rules out what p does not."""
    return -xlogy(p, q).sum(-1)


def divergence(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """KL(p||q) = sum p ln(p / q) of distributions (..., n): (...); infinite as cross_entropy is, 0 where p is q."""
    return rel_entr(p, q).sum(-1)


EXAMPLES = (  # what it shows, p, q
    ("a label that is certain", (1, 0, 0), (0.7, 0.2, 0.1)),
    ("a label that is not", (0.7, 0.2, 0.1), (0.5, 0.3, 0.2)),
    ("the two changed over", (0.5, 0.3, 0.2), (0.7, 0.2, 0.1)),
    ("a constant distribution", (1 / 3, 1 / 3, 1 / 3), (0.7, 0.2, 0.1)),
    ("a prediction that is the label", (0.7, 0.2, 0.1), (0.7, 0.2, 0.1)),
)
LABEL = 0.7  # of the first of two classes, in the search for minimisers


def minimisers() -> Rows:
    """The t in [0, 1], to 0.01, of the predictions (t, 1 - t) at which each is least for labels (LABEL, 1 - LABEL)."""
    t = np.linspace(0, 1, 101)
    predictions, labels = np.stack([t, 1 - t], 1), np.array([LABEL, 1 - LABEL])
    ways = {"labels first": (labels, predictions), "predictions first": (predictions, labels)}
    measures = {"cross_entropy": cross_entropy, "divergence": divergence}
    return [
        {"way": way, **{name: float(t[measure(*pair).argmin()]) for name, measure in measures.items()}}
        for way, pair in ways.items()
    ]
