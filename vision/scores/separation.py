"""How far apart the classes lie in a space, in measures that do not saturate as an accuracy does."""

import numpy as np

WORKING_MEBIBYTES = 128  # of the distance matrix that are in memory at once


def silhouettes(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The silhouette of each point among the classes (Rousseeuw, 1987), by Euclidean distance.

    1 where a point's class is close and the nearest other class far, 0 between the two, below 0 nearer to the other.

    Args:
        points: float (N, D)
        labels: int (N,), of at least two classes

    Returns:
        float64 (N,), in [-1, 1]
    """
    from sklearn import config_context
    from sklearn.metrics import silhouette_samples

    with config_context(working_memory=WORKING_MEBIBYTES):
        return silhouette_samples(points.astype(np.float64), labels)
