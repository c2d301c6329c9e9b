"""How far the features of each class have collapsed to one point: the quantities of Papyan, Han and Donoho (2020)."""

from collections.abc import Callable

import numpy as np

from vision.scores.intervals import Z, mean_with_interval, proportion


def describe_collapse(
    features: np.ndarray,
    labels: np.ndarray,
    *,
    resamples: int,
    seed: int,
    weights: np.ndarray | None = None,
    decisions: np.ndarray | None = None,
) -> dict[str, float]:
    """Neural collapse of one space, each number with its 95 % interval; all are 0 where it is complete.

    - nc1, variability: the trace of S_W S_B^+ / C, the scatter within classes over that between them. Its interval is
      of a mean over samples, the class means taken as they are.
    - nc2_norms: how much the distances of the class means from the global mean differ, their standard deviation over
      their mean; nc2_angles: the mean of |cos + 1 / (C - 1)| over pairs of them, 0 where they are a simplex.
    - nc3, self-duality, of the last layer: the squared distance of its weights from the class means, both scaled to
      norm 1.
    - nc4: the share of samples whose nearest class mean is not the class that the network decides for.

    The intervals of nc2 and nc3 are normal, with the standard error of a bootstrap over the samples of each class.

    Args:
        features: float (N, D)
        labels: int (N,), each class once or more often
        weights: of the layer that makes logits of these features, float (C, D)
        decisions: int (N,), the network's classes
    """
    found = _Classes(features, labels)
    summary = mean_with_interval("nc1", found.variability())
    drawn = found.drawn_means(resamples, seed)
    for name, measure in {"nc2_norms": unequal_norms, "nc2_angles": unequal_angles}.items():
        summary |= _with_interval(name, measure, found.means, drawn)
    if weights is not None:
        summary |= _with_interval("nc3", lambda means: duality_gap(means, weights), found.means, drawn)
    if decisions is not None:
        summary["nc4"] = proportion(found.nearest_mean() != decisions)
    return summary


class _Classes:
    """The samples of each class and their means; float64."""

    def __init__(self, features: np.ndarray, labels: np.ndarray):
        self.features, self.labels = features, labels
        self.members = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
        self.means = np.stack([features[own].mean(0, dtype=np.float64) for own in self.members])  # (C, D)

    def variability(self) -> np.ndarray:
        """Each sample's part of the trace of S_W S_B^+ / C, whose mean that is: (N,)."""
        n_classes = len(self.means)
        # S_B = M M^T / C, of the centred means M (D, C) = U S V^T, has the pseudo-inverse C U S^-2 U^T.
        directions, spread, _ = np.linalg.svd((self.means - self.means.mean(0)).T, full_matrices=False)
        inverse = directions[:, : n_classes - 1] / spread[: n_classes - 1]  # (D, C - 1); the last is 0 by centring
        deviations = self.features.astype(np.float64) @ inverse - (self.means @ inverse)[self.labels]
        return (deviations**2).sum(1)

    def nearest_mean(self) -> np.ndarray:
        """The class whose mean is nearest to each sample: (N,)."""
        return ((self.means**2).sum(1) - 2 * self.features.astype(np.float64) @ self.means.T).argmin(1)

    def drawn_means(self, resamples: int, seed: int) -> np.ndarray:
        """Means of classes whose samples are drawn with replacement: (C, resamples, D)."""
        generator = np.random.default_rng(seed)
        drawn = []
        for own in self.members:
            counts = generator.multinomial(len(own), np.full(len(own), 1 / len(own)), resamples)
            drawn.append((counts.astype(np.float32) @ self.features[own].astype(np.float32)) / len(own))
        return np.stack(drawn)


def unequal_norms(means: np.ndarray) -> np.ndarray:
    """The standard deviation over the mean of the distances of class means (C, ..., D) from their own mean: (...)."""
    norms = np.linalg.norm(means - means.mean(0), axis=-1)
    return norms.std(0) / norms.mean(0)


def unequal_angles(means: np.ndarray) -> np.ndarray:
    """The mean of |cos + 1 / (C - 1)| over pairs of centred class means (C, ..., D): (...)."""
    centred = means - means.mean(0)
    units = centred / np.linalg.norm(centred, axis=-1, keepdims=True)
    cosines = np.einsum("a...d,b...d->...ab", units, units)
    first, second = np.triu_indices(len(means), 1)
    return np.abs(cosines[..., first, second] + 1 / (len(means) - 1)).mean(-1)


def duality_gap(means: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The squared distance of weights (C, D) from centred class means (C, ..., D), both of Frobenius norm 1: (...)."""
    centred = np.moveaxis(means - means.mean(0), 0, -2)  # (..., C, D)
    scaled = centred / np.linalg.norm(centred, axis=(-2, -1), keepdims=True)
    return ((scaled - weights / np.linalg.norm(weights)) ** 2).sum((-2, -1))


def _with_interval(
    name: str, measure: Callable[[np.ndarray], np.ndarray], means: np.ndarray, drawn: np.ndarray
) -> dict[str, float]:
    """A measure of the class means; percentiles would leave it out, since drawn means are noisier than they are."""
    value, half = float(measure(means)), Z * float(measure(drawn).std(ddof=1))
    return {name: value, f"{name}_low": max(0.0, value - half), f"{name}_high": value + half}
