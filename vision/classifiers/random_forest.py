"""A random forest (row H18)."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from vision.classifiers.probabilities import smoothed_logarithm


class RandomForest:
    """Trees on bootstrap samples, a random subset of inputs at each split (Breiman, 2001)."""

    log_probabilities = True

    def __init__(self, *, trees: int, seed: int, threads: int):
        """Take the number of trees."""
        self.model = RandomForestClassifier(trees, random_state=seed, n_jobs=threads)

    def fit(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """Grow every tree to the end."""
        self.model.fit(inputs, labels)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Log of the trees' mean share, one further tree's vote shared by all classes."""
        return smoothed_logarithm(self.model.predict_proba(inputs), len(self.model.estimators_))

    @property
    def n_parameters(self) -> int:
        """Number of fitted parameters: an input and a threshold at each split, a class at each leaf."""
        splits = sum(int((tree.tree_.feature >= 0).sum()) for tree in self.model.estimators_)
        return 3 * splits + len(self.model.estimators_)
