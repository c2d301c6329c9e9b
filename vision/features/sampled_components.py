"""Principal components learned from a part of the training images, for descriptions that are long."""

import numpy as np
from sklearn.decomposition import PCA

from vision.data.dataset import Samples

CHUNK = 2000  # samples that are in memory in float32 at once


class SampledComponents:
    """The leading principal components by random projections (Halko, Martinsson, Tropp, 2011).

    The exact ones need a matrix of features by features, and every sample in memory at once.
    """

    def __init__(self, *, components: int, images: int, seed: int, threads: int, device: str):
        """Take the number of components, and of training images that they are learned from, at most."""
        self.components, self.images, self.seed = components, images, seed

    def fit_transform(self, train: Samples) -> np.ndarray:
        """Find the components of evenly spaced samples; give what all are in them, float32 (N, components)."""
        chosen = train[:: -(-len(train) // self.images)].rows
        count = min(self.components, *chosen.shape)
        self.model = PCA(count, svd_solver="randomized", random_state=self.seed).fit(chosen)
        return self.transform(train)

    def transform(self, samples: Samples) -> np.ndarray:
        """What other samples are in these components, float32 (N, components)."""
        starts = range(0, len(samples), CHUNK)
        return np.concatenate([self.model.transform(samples[start : start + CHUNK].rows) for start in starts])

    @property
    def n_parameters(self) -> int:
        """How many numbers were fitted: the components and the mean."""
        return self.model.components_.size + self.model.mean_.size

    def summary(self) -> dict[str, float]:
        """The share of the sample's variance that the components explain."""
        return {
            "components": len(self.model.components_),
            "explained_variance": float(self.model.explained_variance_ratio_.sum()),
        }
