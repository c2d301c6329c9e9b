"""Logits from scikit-learn's estimators: what the classifiers share."""

from typing import Any

import numpy as np


class Estimator:
    """A classifier around a scikit-learn estimator, its attribute `model`."""

    log_probabilities = True
    model: Any

    def fit(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """Fit the model."""
        self.model.fit(inputs, labels)


class LinearEstimator(Estimator):
    """A classifier with one linear function of the inputs per class."""

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Log probabilities up to a constant of each image."""
        scores = self.model.decision_function(inputs)
        return np.stack([np.zeros_like(scores), scores], axis=1) if scores.ndim == 1 else scores

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters."""
        return self.model.coef_.size + self.model.intercept_.size


def smoothed_logarithm(shares: np.ndarray, n_voters: int) -> np.ndarray:
    """Log of shares (N, n_classes) after Laplace smoothing with one vote in all, so that no loss is infinite."""
    return np.log((n_voters * shares + 1 / shares.shape[1]) / (n_voters + 1))
