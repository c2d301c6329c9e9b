"""Linear discriminant analysis (row H18)."""

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis


class LinearDiscriminant:
    """One normal distribution a class, all of one covariance (Fisher, 1936): the linear classifier without a search."""

    log_probabilities = True

    def __init__(self, *, seed: int, threads: int):
        """Take nothing: the covariance is that of the training samples, shrunk as Ledoit and Wolf (2004) say."""
        self.model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")

    def fit(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """Estimate the means of the classes and their common covariance."""
        self.model.fit(inputs, labels)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Log probabilities but for a constant of each image."""
        scores = self.model.decision_function(inputs)
        return np.stack([np.zeros_like(scores), scores], axis=1) if scores.ndim == 1 else scores

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters."""
        return self.model.coef_.size + self.model.intercept_.size
