"""Principal components of a part of the training samples, for samples of many features."""

import numpy as np
from sklearn.decomposition import PCA

from vision.data.dataset import Samples

CHUNK = 2000  # samples that are in float32 at once


class SampledComponents:
    """The leading principal components by random projections (Halko, Martinsson, Tropp, 2011).

    The exact ones need a matrix of features by features, and every sample in memory at once.
    """

    def __init__(self, *, components: int, images: int, seed: int, threads: int, device: str):
        self.components, self.images, self.seed = components, images, seed

    def fit_transform(self, train: Samples) -> np.ndarray:
        """Fit to at most `images` evenly spaced samples; return the coordinates of all, float32 (N, components)."""
        sample = train[:: -(-len(train) // self.images)].rows
        count = min(self.components, *sample.shape)
        self.model = PCA(count, svd_solver="randomized", random_state=self.seed).fit(sample)
        return self.transform(train)

    def transform(self, samples: Samples) -> np.ndarray:
        """Coordinates of samples, float32 (N, components)."""
        starts = range(0, len(samples), CHUNK)
        return np.concatenate([self.model.transform(samples[start : start + CHUNK].rows) for start in starts])

    @property
    def n_parameters(self) -> int:
        """How many numbers were fitted: the components and the mean."""
        return self.model.components_.size + self.model.mean_.size

    def summary(self) -> dict[str, float]:
        """The number of components and their share of the sample's variance."""
        explained = float(self.model.explained_variance_ratio_.sum())
        return {"components": len(self.model.components_), "explained_variance": explained}
