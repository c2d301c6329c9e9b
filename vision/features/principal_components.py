"""Principal components of the training part: a short description of images for what is slow on every pixel."""

import numpy as np
from sklearn.decomposition import PCA

from vision.data.dataset import Samples


class PrincipalComponents:
    """The leading principal components (Pearson, 1901), at most as many as there are samples or dimensions."""

    def __init__(self, *, components: int, seed: int, threads: int, device: str):
        """Take the number of components."""
        self.components = components

    def fit_transform(self, train: Samples) -> np.ndarray:
        """Find the components of the training samples; give what they are in them, float32 (N, components)."""
        rows = train.rows
        self.model = PCA(min(self.components, *rows.shape), svd_solver="covariance_eigh")
        return self.model.fit_transform(rows)

    def transform(self, samples: Samples) -> np.ndarray:
        """What other samples are in these components, float32 (N, components)."""
        return self.model.transform(samples.rows)

    @property
    def n_parameters(self) -> int:
        """How many numbers were fitted: the components and the mean."""
        return self.model.components_.size + self.model.mean_.size

    def summary(self) -> dict[str, float]:
        """The share of the training part's variance that the components explain."""
        return {
            "components": len(self.model.components_),
            "explained_variance": float(self.model.explained_variance_ratio_.sum()),
        }
