"""Neural collapse of features: the quantities of Papyan, Han and Donoho (2020)."""

import numpy as np

from vision.scores.estimate import Estimate
from vision.scores.intervals import Z, mean_estimate, resampled_means, share_estimate


def describe_collapse(
    features: np.ndarray, labels: np.ndarray, *,
    resamples: int, seed: int, decisions: np.ndarray, weights: np.ndarray | None = None,
) -> dict[str, Estimate]:  # fmt: skip
    """Measures of neural collapse with 95 % intervals; all are 0 where the collapse is complete.

    - nc1: the trace of S_W S_B^+ / C; its interval is for fixed class means.
    - nc2_norms, nc2_angles, nc3: `unequal_norms`, `unequal_angles` and, given the last layer's weights (C, D),
      `duality_gap`. Their intervals are normal, with the standard error of a bootstrap over the samples of each class.
    - nc4: the share of samples whose nearest class mean is not the network's decision.
    """
    members = [np.flatnonzero(labels == label) for label in range(labels.max() + 1)]
    means = np.stack([features[positions].mean(0, dtype=np.float64) for positions in members])  # (C, D)
    rows = [features[positions].astype(np.float32) for positions in members]
    drawn = np.stack(resampled_means(rows, resamples, seed))  # (C, resamples, D)
    measures = {"nc2_norms": unequal_norms, "nc2_angles": unequal_angles}
    if weights is not None:
        measures["nc3"] = lambda class_means: duality_gap(class_means, weights)
    scores = {"nc1": mean_estimate(_variability(features, labels, means))}
    for name, measure in measures.items():  # percentiles would miss the value: resampled means are noisier than means
        value, half = float(measure(means)), Z * float(measure(drawn).std(ddof=1))
        scores[name] = Estimate(value, max(0.0, value - half), value + half, len(labels))
    nearest = ((means**2).sum(1) - 2 * features.astype(np.float64) @ means.T).argmin(1)
    return scores | {"nc4": share_estimate(nearest != decisions)}


def _variability(features: np.ndarray, labels: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Each sample's part of the trace of S_W S_B^+ / C, which is their mean: (N,)."""
    n_classes = len(means)
    # S_B = M M^T / C, of the centred means M (D, C) = U S V^T, has the pseudo-inverse C U S^-2 U^T.
    directions, spread, _ = np.linalg.svd((means - means.mean(0)).T, full_matrices=False)
    inverse = directions[:, : n_classes - 1] / spread[: n_classes - 1]  # (D, C - 1); the last is 0 by centring
    deviations = features.astype(np.float64) @ inverse - (means @ inverse)[labels]
    return (deviations**2).sum(1)


def unequal_norms(means: np.ndarray) -> np.ndarray:
    """The standard deviation over the mean of the distances of class means (C, ..., D) from their mean: (...)."""
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
