"""What the neighbours of a sample say of it."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from vision.pipeline.errors import UserError


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
