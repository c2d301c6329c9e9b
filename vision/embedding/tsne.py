"""Embeddings in two dimensions: principal components and t-SNE."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from vision.pipeline.errors import UserError

WIDE = 1024  # features; above, the covariance's decomposition takes longer than random projections


def tsne(
    features: np.ndarray,
    *,
    perplexity: float,
    pca_components: int,
    iterations: int,
    angle: float,
    seed: int,
    threads: int,
) -> tuple[np.ndarray, float]:
    """t-SNE of the leading principal components (van der Maaten and Hinton, 2008), (N, 2), and its KL divergence.

    `angle` is Barnes and Hut's: points are seen as one from where their cell appears smaller (van der Maaten, 2014).
    """
    if not np.ptp(features, axis=0).any():  # scikit-learn's t-SNE fails on these
        raise UserError("t-SNE: the network gives the same features for every image; try a smaller lr")
    if 3 * perplexity >= len(features):
        raise UserError(f"perplexity is {perplexity}: must be below {len(features) / 3:.1f}, a third of the images")
    reduced = pca(features, pca_components, seed)
    options = {"max_iter": iterations, "angle": angle, "init": "pca", "random_state": seed, "n_jobs": threads}
    model = TSNE(perplexity=perplexity, **options)
    return model.fit_transform(reduced), float(model.kl_divergence_)


def pca(features: np.ndarray, components: int, seed: int) -> np.ndarray:
    """The leading principal components: float (N, components), of features (N, D).

    Of many features they are found by random projections from the seed (Halko, Martinsson and Tropp, 2011).
    """
    solver = "randomized" if features.shape[1] > WIDE else "covariance_eigh"
    return PCA(min(components, *features.shape), svd_solver=solver, random_state=seed).fit_transform(features)
