"""Principal components of the training samples: a short representation for classifiers that are slow on all pixels."""

import numpy as np
from sklearn.decomposition import PCA

from vision.data.dataset import Samples


class PrincipalComponents:
    """The leading principal components (Pearson, 1901), at most as many as there are samples or dimensions."""

    def __init__(self, *, components: int, seed: int, threads: int, device: str):
        self.components = components

    def fit_transform(self, train: Samples) -> np.ndarray:
        """Fit to the training samples; return their coordinates, float32 (N, components)."""
        rows = train.rows
        self.model = PCA(min(self.components, *rows.shape), svd_solver="covariance_eigh")
        return self.model.fit_transform(rows)

    def transform(self, samples: Samples) -> np.ndarray:
        """Coordinates of other samples, float32 (N, components)."""
        return self.model.transform(samples.rows)

    @property
    def n_parameters(self) -> int:
        """How many numbers were fitted: the components and the mean."""
        return self.model.components_.size + self.model.mean_.size

    def summary(self) -> dict[str, float]:
        """The number of components and their share of the training samples' variance."""
        explained = float(self.model.explained_variance_ratio_.sum())
        return {"components": len(self.model.components_), "explained_variance": explained}
