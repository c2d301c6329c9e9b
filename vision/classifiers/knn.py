"""K nearest neighbours."""

import numpy as np
from sklearn.neighbors import KNeighborsClassifier

from vision.classifiers.probabilities import Estimator, smoothed_logarithm
from vision.pipeline.errors import UserError


class NearestNeighbours(Estimator):
    """The nearest training images vote, each with the inverse of its Euclidean distance."""

    def __init__(self, *, neighbours: int, seed: int, threads: int):
        self.model = KNeighborsClassifier(neighbours, weights="distance", algorithm="brute", n_jobs=threads)

    def fit(self, inputs: np.ndarray, labels: np.ndarray) -> None:
        """Keep the training images. More neighbours than images are a UserError."""
        if self.model.n_neighbors > len(inputs):
            raise UserError(f"neighbours is {self.model.n_neighbors}: should be at most {len(inputs)}, the images")
        self.model.fit(inputs, labels)

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Log of the neighbours' smoothed share."""
        return smoothed_logarithm(self.model.predict_proba(inputs), self.model.n_neighbors)

    @property
    def n_parameters(self) -> int:
        """Number of stored values."""
        return self.model.n_samples_fit_ * self.model.n_features_in_
