"""Embeddings: drawing them in two dimensions, and judging what neighbours in them say."""

from itertools import combinations

import numpy as np
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors

from vision.errors import UserError
from vision.scores import mean_with_interval, proportion

RANK_CHUNK = 1000  # rows of the distance matrix that are in memory at once


def tsne(
    features: np.ndarray, *, perplexity: float, pca_components: int, iterations: int, seed: int, threads: int
) -> tuple[np.ndarray, float]:
    """t-SNE in two dimensions of the leading principal components (van der Maaten and Hinton, 2008).

    Args:
        features: float (N, D)

    Returns:
        float32 (N, 2) coordinates, and the Kullback-Leibler divergence in nats that they reached

    Raises:
        UserError: perplexity does not fit the number of images, or all features are the same
    """
    if not np.ptp(features, axis=0).any():  # scikit-learn's t-SNE would not survive this
        raise UserError("t-SNE: the network gives the same features for every image; try a smaller lr")
    if 3 * perplexity >= len(features):
        raise UserError(
            f"tsne.perplexity is {perplexity}: must be below {len(features) / 3:.1f}, a third of the images"
        )
    reduced = pca(features, pca_components)
    model = TSNE(perplexity=perplexity, max_iter=iterations, init="pca", random_state=seed, n_jobs=threads)
    return model.fit_transform(reduced), float(model.kl_divergence_)


def pca(features: np.ndarray, components: int) -> np.ndarray:
    """The leading principal components: float (N, components), of features (N, D)."""
    return PCA(min(components, *features.shape), svd_solver="covariance_eigh").fit_transform(features)


def nearest(features: np.ndarray, count: int) -> np.ndarray:
    """Positions of the `count` nearest other rows of each row, nearest first: int64 (N, count) (bug B0.2).

    Args:
        features: float (N, D); distances are Euclidean

    Raises:
        UserError: there are not that many other rows
    """
    if count >= len(features):
        raise UserError(f"{count} neighbours were asked for: must be below {len(features)}, the number of images")
    return NearestNeighbors(n_neighbors=count, algorithm="auto").fit(features).kneighbors(return_distance=False)


def neighbour_recall(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Share of each row's neighbours in one space that are its neighbours in the other (N,), from positions (N, k)."""
    return np.array([len(np.intersect1d(a, b)) / len(a) for a, b in zip(high, low, strict=True)])


def vote(neighbours: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Most frequent label among each row's neighbours, the lowest of equals: int64 (N,), from positions (N, k)."""
    n_classes = labels.max() + 1
    ballots = np.zeros((len(neighbours), n_classes), int)
    np.add.at(ballots, (np.arange(len(neighbours))[:, None], labels[neighbours]), 1)
    return ballots.argmax(1)


def trustworthiness(features: np.ndarray, low_neighbours: np.ndarray) -> np.ndarray:
    """How far each row's neighbours in a drawing are neighbours in truth: the mean is that of Venna and Kaski (2001).

    As sklearn.manifold.trustworthiness, which sorts every row of the distance matrix; only the ranks of the drawn
    neighbours are needed, and they are counted chunk by chunk.

    Args:
        features: float (N, D), the original space
        low_neighbours: int (N, k), nearest positions in the drawing, k below N / 2

    Returns:
        float64 (N,), at most 1; the mean is in [0, 1]

    Raises:
        UserError: k is too large
    """
    n, k = low_neighbours.shape
    if 2 * k >= n:
        raise UserError(f"tsne.quality_neighbours is {k}: must be below {n / 2:.1f}, half of the images")
    features = features.astype(np.float64)
    squares = (features**2).sum(1)
    penalties = np.zeros(n)
    for start in range(0, n, RANK_CHUNK):
        rows = slice(start, start + RANK_CHUNK)
        distances = squares[rows, None] + squares - 2 * features[rows] @ features.T
        distances[np.arange(len(distances)), np.arange(start, start + len(distances))] = -np.inf  # the row itself
        for column in low_neighbours[rows].T:
            closer = (distances < distances[np.arange(len(distances)), column][:, None]).sum(1)
            penalties[rows] += np.maximum(closer - k, 0)
    return 1 - 2 * penalties / (k * (2 * n - 3 * k - 1))


def drawing_quality(features: np.ndarray, points: np.ndarray, labels: np.ndarray, neighbours: int) -> dict:
    """What a drawing in two dimensions is worth, each number with its interval.

    Args:
        features: float (N, D), what was drawn
        points: float (N, 2), where
        neighbours: how many of them are asked

    Returns:
        trustworthiness, knn_recall, and knn_accuracy of the features and of the drawing
    """
    near, drawn = nearest(features, neighbours), nearest(points, neighbours)
    return {
        **mean_with_interval("trustworthiness", trustworthiness(features, drawn)),
        **mean_with_interval("knn_recall", neighbour_recall(near, drawn)),
        "knn_accuracy_features": proportion(vote(near, labels) == labels),
        "knn_accuracy_drawing": proportion(vote(drawn, labels) == labels),
    }


def centroid_ranks(points: np.ndarray, labels: np.ndarray) -> dict[tuple[int, int], int]:
    """Rank of each pair of classes (lower label first) by the distance of their means; 1 is the closest pair.

    Args:
        points: float (N, D)
    """
    centroids = np.stack([points[labels == label].mean(0) for label in range(labels.max() + 1)])
    pairs = list(combinations(range(len(centroids)), 2))
    pairs.sort(key=lambda pair: float(np.linalg.norm(centroids[pair[0]] - centroids[pair[1]])))
    return {pair: rank for rank, pair in enumerate(pairs, start=1)}


def pixel_distance_ratio(images: np.ndarray, labels: np.ndarray, neighbours: np.ndarray, seed: int) -> np.ndarray:
    """How alike neighbours look: their mean pixel distance over that of as many random images of the same class.

    Args:
        images: uint8 (N, C, H, W)
        neighbours: int (N, k), positions

    Returns:
        float64 (N,); 1 means no more alike than two random images of the class, or that there are no two
    """
    generator = np.random.default_rng(seed)
    flat = images.reshape(len(images), -1).astype(np.float32)
    ratios = np.ones(len(images))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        for rank, position in enumerate(members):
            others = np.delete(members, rank)
            strangers = generator.choice(others, len(neighbours[position])) if len(others) else members
            near, far = (
                np.linalg.norm(flat[chosen] - flat[position], axis=1).mean()
                for chosen in (neighbours[position], strangers)
            )
            if far:
                ratios[position] = near / far
    return ratios
