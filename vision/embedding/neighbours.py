"""Nearest neighbours, and their agreement in label and pixels."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from vision.pipeline.errors import UserError


def nearest(features: np.ndarray, count: int) -> np.ndarray:
    """Positions of the nearest other rows of each row (N, D) by Euclidean distance, nearest first: int64 (N, count)."""
    if count >= len(features):
        raise UserError(f"{count} neighbours of {len(features)} images: must be below the number of images")
    return NearestNeighbors(n_neighbors=count, algorithm="auto").fit(features).kneighbors(return_distance=False)


def neighbour_recall(high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """Share of each row's neighbours (N, k) that are also among its other neighbours (N, k): float64 (N,)."""
    return np.array([len(np.intersect1d(a, b)) / len(a) for a, b in zip(high, low, strict=True)])


def vote(neighbours: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Most frequent label among each row's neighbours (N, k), the lowest of equals: int64 (N,)."""
    votes = np.zeros((len(neighbours), labels.max() + 1), int)
    np.add.at(votes, (np.arange(len(neighbours))[:, None], labels[neighbours]), 1)
    return votes.argmax(1)


def pixel_distance_ratio(images: np.ndarray, labels: np.ndarray, neighbours: np.ndarray, seed: int) -> np.ndarray:
    """Mean pixel distance to an image's neighbours (N, k) over that to as many random images of its class, or 1."""
    generator = np.random.default_rng(seed)
    flat = images.reshape(len(images), -1).astype(np.float32)
    ratios = np.ones(len(images))
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        for rank, position in enumerate(members):
            others = np.delete(members, rank)
            drawn = generator.choice(others, len(neighbours[position])) if len(others) else members
            sets = neighbours[position], drawn
            near, far = (np.linalg.norm(flat[chosen] - flat[position], axis=1).mean() for chosen in sets)
            if far:
                ratios[position] = near / far
    return ratios
