"""How far an embedding in two dimensions may be trusted."""

from itertools import combinations

import numpy as np

from vision.embedding.neighbours import nearest, neighbour_recall, vote
from vision.pipeline.errors import UserError
from vision.scores.intervals import mean_with_interval, proportion

RANK_CHUNK = 1000  # rows of the distance matrix that are in memory at once


def trustworthiness(features: np.ndarray, low_neighbours: np.ndarray) -> np.ndarray:
    """How far each row's neighbours in an embedding are true neighbours: the mean is that of Venna and Kaski (2001).

    As sklearn.manifold.trustworthiness, which sorts every row of the distance matrix; only the ranks of the embedding's
    neighbours are needed, and they are counted chunk by chunk.

    Args:
        features: float (N, D), the original space
        low_neighbours: int (N, k), nearest positions in the embedding, k below N / 2

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


def embedding_quality(features: np.ndarray, points: np.ndarray, labels: np.ndarray, neighbours: int) -> dict:
    """How far an embedding in two dimensions may be trusted, each number with its interval.

    Args:
        features: float (N, D), what was embedded
        points: float (N, 2), where
        neighbours: how many of them are asked

    Returns:
        trustworthiness, knn_recall, and knn_accuracy of the features and of the embedding
    """
    near, close = nearest(features, neighbours), nearest(points, neighbours)
    return {
        **mean_with_interval("trustworthiness", trustworthiness(features, close)),
        **mean_with_interval("knn_recall", neighbour_recall(near, close)),
        "knn_accuracy_features": proportion(vote(near, labels) == labels),
        "knn_accuracy_embedding": proportion(vote(close, labels) == labels),
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
