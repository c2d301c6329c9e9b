"""How well the classes of a representation are separated, by a measure that does not saturate as accuracy does."""

import numpy as np

WORKING_MEBIBYTES = 128  # of the distance matrix in memory at once


def silhouettes(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The silhouette of each point among the classes (Rousseeuw, 1987), by Euclidean distance.

    Args:
        points: float (N, D)
        labels: int (N,), of at least two classes

    Returns:
        float64 (N,), in [-1, 1]: 1 in a dense class far from others, 0 between two, negative nearer to another class
    """
    from sklearn import config_context
    from sklearn.metrics import silhouette_samples

    with config_context(working_memory=WORKING_MEBIBYTES):
        return silhouette_samples(points.astype(np.float64), labels)
