"""A random forest."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from vision.classifiers.probabilities import Estimator, smoothed_logarithm


class RandomForest(Estimator):
    """Full-grown trees on bootstrap samples, with a random subset of inputs at each split (Breiman, 2001)."""

    def __init__(self, *, trees: int, seed: int, threads: int):
        self.model = RandomForestClassifier(trees, random_state=seed, n_jobs=threads)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Log of the trees' smoothed mean share."""
        return smoothed_logarithm(self.model.predict_proba(inputs), len(self.model.estimators_))

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters: an input and a threshold at each split, a class at each leaf."""
        splits = sum(int((tree.tree_.feature >= 0).sum()) for tree in self.model.estimators_)
        return 3 * splits + len(self.model.estimators_)
