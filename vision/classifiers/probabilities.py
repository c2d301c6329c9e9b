"""From what classifiers say to probabilities: smoothing of votes, and one temperature."""

import numpy as np
from scipy.optimize import minimize_scalar

from vision.scores.losses import cross_entropy


def smoothed_logarithm(shares: np.ndarray, n_voters: int) -> np.ndarray:
    """Log of shares (N, n_classes) after Laplace smoothing with one vote in all, so that no loss is infinite."""
    return np.log((n_voters * shares + 1 / shares.shape[1]) / (n_voters + 1))


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The divisor of scores (N, n_classes) that minimises their mean cross-entropy (Guo et al., 2017)."""

    def loss(logarithm: float) -> float:
        return float(cross_entropy(logits / np.exp(logarithm), labels).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 10), method="bounded").x))
