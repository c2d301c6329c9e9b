"""Logistic regression (row H18)."""

import numpy as np
from sklearn.linear_model import LogisticRegression as LinearClassifier


class LogisticRegression:
    """Multinomial logistic regression, fitted by L-BFGS until it has converged or `iterations` are over."""

    log_probabilities = True

    def __init__(self, *, inverse_penalty: float, iterations: int, seed: int, threads: int):
        """Take scikit-learn's C, inverse to the squared penalty, and the most iterations of L-BFGS."""
        self.model = LinearClassifier(C=inverse_penalty, max_iter=iterations)

    def fit(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """Fit all classes at once."""
        self.model.fit(inputs, labels)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Log probabilities but for a constant of each image."""
        scores = self.model.decision_function(inputs)
        return np.stack([np.zeros_like(scores), scores], axis=1) if scores.ndim == 1 else scores

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters."""
        return self.model.coef_.size + self.model.intercept_.size
