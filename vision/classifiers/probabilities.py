"""From what classifiers say to probabilities: smoothing of votes."""

import numpy as np


def smoothed_logarithm(shares: np.ndarray, n_voters: int) -> np.ndarray:
    """Log of shares (N, n_classes) after Laplace smoothing with one vote in all, so that no loss is infinite."""
    return np.log((n_voters * shares + 1 / shares.shape[1]) / (n_voters + 1))
