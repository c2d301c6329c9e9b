"""Embeddings in two dimensions: principal components and t-SNE."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from vision.pipeline.errors import UserError


def tsne(
    features: np.ndarray, *, perplexity: float, pca_components: int, iterations: int, seed: int, threads: int
) -> tuple[np.ndarray, float]:
    """t-SNE of the leading principal components (van der Maaten and Hinton, 2008), (N, 2), and its KL divergence."""
    if not np.ptp(features, axis=0).any():  # scikit-learn's t-SNE fails on these
        raise UserError("t-SNE: the network gives the same features for every image; try a smaller lr")
    if 3 * perplexity >= len(features):
        raise UserError(f"perplexity is {perplexity}: must be below {len(features) / 3:.1f}, a third of the images")
    reduced = pca(features, pca_components)
    model = TSNE(perplexity=perplexity, max_iter=iterations, init="pca", random_state=seed, n_jobs=threads)
    return model.fit_transform(reduced), float(model.kl_divergence_)


def pca(features: np.ndarray, components: int) -> np.ndarray:
    """The leading principal components: float (N, components), of features (N, D)."""
    return PCA(min(components, *features.shape), svd_solver="covariance_eigh").fit_transform(features)
