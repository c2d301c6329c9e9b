"""One temperature, chosen on validation images, that scales what a model says of its own certainty."""

import numpy as np
from scipy.optimize import minimize_scalar

from vision.scores.calibration import describe_calibration
from vision.scores.intervals import mean_with_interval
from vision.scores.losses import cross_entropy


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The divisor of logits (N, n_classes) that minimises their mean cross-entropy (Guo et al., 2017).

    Above 1 it takes certainty away. It changes no prediction. It lies in [exp(-5), exp(10)]; where all images are
    right, as few images can be, it ends at the lower bound.
    """

    def loss(logarithm: float) -> float:
        return float(cross_entropy(logits / np.exp(logarithm), labels).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 10), method="bounded").x))


def describe_scaled(
    logits: np.ndarray, labels: np.ndarray, temperature: float, *, bins: int, resamples: int, seed: int
) -> dict[str, float]:
    """Loss and calibration of logits (N, n_classes) divided by a temperature: it, loss, and `describe_calibration`."""
    scaled = logits.astype(np.float64) / temperature
    return {
        "temperature": temperature,
        **mean_with_interval("loss", cross_entropy(scaled, labels)),
        **describe_calibration(scaled, labels, bins=bins, resamples=resamples, seed=seed),
    }
