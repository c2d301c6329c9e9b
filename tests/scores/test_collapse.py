"""Neural collapse: against matrices written out, known values, complete collapse, and intervals by simulation."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vision.scores.collapse import describe_collapse, duality_gap, unequal_angles, unequal_norms
from vision.scores.intervals import wilson_interval

OPTIONS = {"resamples": 100, "seed": 0}
SQUARE = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])


def clouds(generator, n_classes, width, *, spread=1.0):
    """Features around random means, with a different number of each class, and labels in some order."""
    labels = generator.permutation(np.repeat(np.arange(n_classes), np.arange(5, 5 + n_classes) * 4))
    means = 3 * generator.normal(size=(n_classes, width)) + 2
    return means[labels] + spread * generator.normal(size=(len(labels), width)), labels


def means_of(features, labels):
    return np.stack([features[labels == label].mean(0) for label in range(labels.max() + 1)])


def trace_of(features, labels):
    """The trace of S_W S_B^+ / C, all matrices written out (Papyan, Han, Donoho, 2020)."""
    means = means_of(features, labels)
    deviations, centred = features - means[labels], means - means.mean(0)
    within = sum(np.outer(row, row) for row in deviations) / len(features)
    between = sum(np.outer(row, row) for row in centred) / len(means)
    return np.trace(within @ np.linalg.pinv(between, rcond=1e-9)) / len(means)


@pytest.mark.parametrize(("n_classes", "width"), [(2, 1), (5, 2), (10, 30)])
def test_nc1_is_the_trace_of_the_matrices_written_out(generator, n_classes, width):
    features, labels = clouds(generator, n_classes, width)
    features = features.astype(np.float16)  # summed in float64
    scores, exact = describe_collapse(features, labels, decisions=labels, **OPTIONS), features.astype(float)
    assert scores["nc1"].value == pytest.approx(trace_of(exact, labels))
    assert scores["nc2_norms"].value == pytest.approx(unequal_norms(means_of(exact, labels)), rel=1e-12)


def test_norms_and_angles_of_known_means():
    assert unequal_norms(SQUARE) == pytest.approx(0)
    assert unequal_norms(SQUARE @ [[1, 1], [-1, 1]] * [1, 2] + 7) == pytest.approx(1 / 3)  # of lengths 1, 1, 2, 2
    # Four neighbours at right angles, two opposites: |0 + 1/3| and |-1 + 1/3|.
    assert unequal_angles(SQUARE + 7) == pytest.approx((4 * 1 / 3 + 2 * 2 / 3) / 6)


@pytest.mark.parametrize(("weights", "gap"), [(5 * SQUARE, 0), (-SQUARE, 4), (SQUARE[:, ::-1], 2)])
def test_duality_gap_of_known_weights(weights, gap):
    assert duality_gap(SQUARE + 7, weights) == pytest.approx(gap)


def test_nc4_is_the_share_of_predictions_other_than_the_nearest_mean(generator):
    features, labels = clouds(generator, 4, 3, spread=3)
    nearest = cdist(features, means_of(features, labels)).argmin(1)
    decisions, images = np.where(np.arange(len(labels)) < 13, (nearest + 1) % 4, nearest), len(labels)
    nc4 = describe_collapse(features, labels, decisions=decisions, **OPTIONS)["nc4"]
    assert nc4[:4] == (13 / images, *wilson_interval(13, images), images)


def test_intervals_cover_the_truth_in_about_95_of_100_samples(generator):
    """For well separated classes, where the scatter of the means hardly changes that between classes."""
    means = np.array([[6.0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 4, 0]])
    weights, widths = means + 2 * generator.normal(size=means.shape), np.array([1, 2, 0.5, 1.5])
    centred = means - means.mean(0)
    between = centred.T @ centred / 3
    true = {
        "nc1": np.trace(np.diag(widths**2) @ np.linalg.pinv(between, rcond=1e-9)) / 3,
        "nc2_norms": unequal_norms(means),
        "nc2_angles": unequal_angles(means),
        "nc3": duality_gap(means, weights),
    }
    labels, covered, halves = np.repeat(np.arange(3), 100), dict.fromkeys(true, 0), dict.fromkeys(true, 0.0)
    for seed in range(100):
        features = (means[labels] + widths * generator.normal(size=(300, 4))).astype(np.float32)
        scores = describe_collapse(features, labels, decisions=labels, weights=weights, resamples=50, seed=seed)
        for name, value in true.items():
            assert 0 <= scores[name].low <= scores[name].value < scores[name].high
            covered[name] += scores[name].low <= value <= scores[name].high
            halves[name] += (scores[name].high - scores[name].low) / 200 / value
    assert min(covered.values()) >= 85, covered
    assert max(halves.values()) < 0.25, halves  # not by their width alone
