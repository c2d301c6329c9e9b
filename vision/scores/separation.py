"""How well the classes of a representation are separated."""

import numpy as np

WORKING_MEBIBYTES = 128  # of the distance matrix in memory at once


def silhouettes(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Silhouette (Rousseeuw, 1987) of each of points (N, D) among its classes: float64 (N,), in [-1, 1]."""
    from sklearn import config_context
    from sklearn.metrics import silhouette_samples

    with config_context(working_memory=WORKING_MEBIBYTES):
        return silhouette_samples(points.astype(np.float64), labels)
