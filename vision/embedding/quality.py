"""Quality of an embedding, and the distances of its classes."""

from itertools import combinations

import numpy as np
from scipy.spatial import procrustes

from vision.embedding.neighbours import nearest, neighbour_recall, vote
from vision.pipeline.errors import UserError
from vision.scores.estimate import Estimate
from vision.scores.intervals import bootstrap, mean_estimate, percentile_interval, resampled_means, share_estimate
from vision.scores.paired import paired_gain
from vision.scores.separation import silhouettes

RANK_CHUNK = 1000  # rows of the distance matrix that are in memory at once


class Points:
    """Labelled points (N, D), features or their embedding."""

    def __init__(self, values: np.ndarray, labels: np.ndarray, neighbours: int) -> None:
        self.values, self.labels = values, labels
        self.neighbours = nearest(values, neighbours)  # int (N, k), positions
        self.votes = vote(self.neighbours, labels)  # int (N,), the most frequent label of the neighbours
        self.silhouettes = silhouettes(values, labels)  # float64 (N,)


def trustworthiness(features: np.ndarray, low_neighbours: np.ndarray) -> np.ndarray:
    """Trustworthiness (Venna and Kaski, 2001) by row: float64 (N,). Unlike scikit-learn's, it sorts no distance matrix.

    `features` (N, D) are those before the embedding, `low_neighbours` (N, k) the nearest positions in it.
    """
    n, k = low_neighbours.shape
    if 2 * k >= n:
        raise UserError(f"tsne.quality_neighbours is {k}: must be below {n / 2:.1f}, half of the images")
    features = features.astype(np.float64)
    squares, penalties = (features**2).sum(1), np.zeros(n)
    for start in range(0, n, RANK_CHUNK):
        rows = slice(start, start + RANK_CHUNK)
        distances = squares[rows, None] + squares - 2 * features[rows] @ features.T
        distances[np.arange(len(distances)), np.arange(start, start + len(distances))] = -np.inf  # the row itself
        for column in low_neighbours[rows].T:
            closer = (distances < distances[np.arange(len(distances)), column][:, None]).sum(1)
            penalties[rows] += np.maximum(closer - k, 0)
    return 1 - 2 * penalties / (k * (2 * n - 3 * k - 1))


def embedding_quality(features: Points, embedding: Points) -> dict[str, Estimate]:
    """Scores of an embedding of the features."""
    return {
        "trustworthiness": mean_estimate(trustworthiness(features.values, embedding.neighbours)),
        "knn_recall": mean_estimate(neighbour_recall(features.neighbours, embedding.neighbours)),
        "knn_accuracy_features": share_estimate(features.votes == features.labels),
        "knn_accuracy_embedding": share_estimate(embedding.votes == embedding.labels),
        "silhouette": mean_estimate(embedding.silhouettes),
    }


def separation_gain(first: Points, second: Points) -> dict[str, Estimate]:
    """Rise of the neighbours' accuracy and of the silhouette from the first to the second, paired by image."""
    right = [points.votes == points.labels for points in (first, second)]
    silhouette = mean_estimate(second.silhouettes - first.silhouettes)
    return {"knn_accuracy_gain": paired_gain(*right), "silhouette_gain": silhouette}


def procrustes_match(first: np.ndarray, second: np.ndarray, resamples: int, seed: int) -> Estimate:
    """Share of the variation of points (N, 2) that others explain after rotation, reflection and scaling."""

    def explained(chosen: np.ndarray) -> float:
        return 1 - procrustes(first[chosen], second[chosen])[2]

    images = len(first)
    return Estimate(explained(np.arange(images)), *bootstrap(explained, images, resamples, seed), images)


def centroid_distances(
    points: np.ndarray, labels: np.ndarray, resamples: int, seed: int
) -> dict[tuple[int, int], Estimate]:
    """Distance of the means of each pair of classes, lower label first, over the median pair; nearest first."""
    pairs = list(combinations(range(labels.max() + 1), 2))
    members = [points[labels == label].astype(np.float64) for label in range(labels.max() + 1)]
    values = _relative_distances([rows.mean(0) for rows in members], pairs)
    low, high = percentile_interval(_relative_distances(resampled_means(members, resamples, seed), pairs))
    order = np.argsort(values, kind="stable")
    return {pairs[k]: Estimate(float(values[k]), float(low[k]), float(high[k]), len(labels)) for k in order}


def misplaced_fraction(votes: np.ndarray, labels: np.ndarray, label: int, other: int) -> Estimate:
    """Share of the images of one class whose neighbours vote for another class."""
    return share_estimate(votes[labels == label] == other)


def _relative_distances(centroids: list[np.ndarray], pairs: list[tuple[int, int]]) -> np.ndarray:
    distances = np.stack([np.linalg.norm(centroids[a] - centroids[b], axis=-1) for a, b in pairs], -1)
    return distances / np.median(distances, axis=-1, keepdims=True)
