"""How far an embedding in two dimensions may be trusted."""

from itertools import combinations

import numpy as np

from vision.embedding.neighbours import nearest, neighbour_recall, vote
from vision.pipeline.errors import UserError
from vision.scores.intervals import mean_with_interval, percentile_interval, proportion
from vision.scores.separation import silhouettes

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
        trustworthiness, knn_recall, and of the features and of the embedding the knn_accuracy; of the embedding the
        mean silhouette of the classes
    """
    near, close = nearest(features, neighbours), nearest(points, neighbours)
    return {
        **mean_with_interval("trustworthiness", trustworthiness(features, close)),
        **mean_with_interval("knn_recall", neighbour_recall(near, close)),
        "knn_accuracy_features": proportion(vote(near, labels) == labels),
        "knn_accuracy_embedding": proportion(vote(close, labels) == labels),
        **mean_with_interval("silhouette", silhouettes(points, labels)),
    }


def centroid_distances(
    points: np.ndarray, labels: np.ndarray, resamples: int, seed: int
) -> dict[tuple[int, int], dict[str, float]]:
    """Distance of the means of each pair of classes (lower label first), over the median of all pairs; nearest first.

    Args:
        points: float (N, D)

    Returns:
        of each pair its distance, with the bootstrap interval over the images of each class, as distance,
        distance_low and distance_high
    """
    generator, pairs = np.random.default_rng(seed), list(combinations(range(labels.max() + 1), 2))
    members = [points[labels == label].astype(np.float64) for label in range(labels.max() + 1)]
    weights = [generator.multinomial(len(own), np.full(len(own), 1 / len(own)), resamples) for own in members]
    found = _relative([own.mean(0) for own in members], pairs)
    drawn = [weight @ own / len(own) for weight, own in zip(weights, members, strict=True)]
    low, high = percentile_interval(_relative(drawn, pairs))
    rows = zip(pairs, found, low, high, strict=True)
    return {
        pair: {"distance": value, "distance_low": below, "distance_high": above}
        for pair, value, below, above in sorted(rows, key=lambda row: row[1])
    }


def strays(votes: np.ndarray, labels: np.ndarray, first: int, second: int) -> dict[str, float]:
    """Share of the images of each of two classes that lie among the other, each with its Wilson interval.

    Args:
        votes: int (N,), the class of most neighbours of each image
    """
    found = {}
    for name, own, other in (("first_among_second", first, second), ("second_among_first", second, first)):
        share = proportion(votes[labels == own] == other)
        found |= {f"{name}{end}": share[key] for end, key in (("", "share"), ("_low", "low"), ("_high", "high"))}
    return found


def _relative(centroids: list[np.ndarray], pairs: list[tuple[int, int]]) -> np.ndarray:
    """Distances of pairs (..., n_pairs) over their median, from the mean of each class (..., D)."""
    distances = np.stack([np.linalg.norm(centroids[a] - centroids[b], axis=-1) for a, b in pairs], -1)
    return distances / np.median(distances, axis=-1, keepdims=True)
