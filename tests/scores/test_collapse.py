"""Neural collapse: against matrices written out, known values, complete collapse, and intervals by simulation."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from vision.scores.collapse import describe_collapse, duality_gap, unequal_angles, unequal_norms
from vision.scores.intervals import wilson_interval

OPTIONS = {"resamples": 100, "seed": 0}
PER_MEAN = ("nc1", "nc2_norms", "nc2_angles", "nc3")  # numbers with an interval beside them
SQUARE = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def clouds(generator, n_classes, width, *, spread=1.0, counts=None, dtype=np.float64):
    """Features around random means, with different numbers of each class, and labels in some order."""
    counts = np.arange(5, 5 + n_classes) if counts is None else counts
    labels = generator.permutation(np.repeat(np.arange(n_classes), counts))
    means = 3 * generator.normal(size=(n_classes, width)) + 2
    return (means[labels] + spread * generator.normal(size=(len(labels), width))).astype(dtype), labels


def means_of(features, labels):
    return np.stack([features[labels == label].mean(0) for label in range(labels.max() + 1)])


def trace_of(features, labels):
    """The trace of S_W S_B^+ / C, all matrices written out (Papyan, Han, Donoho, 2020)."""
    means = means_of(features, labels)
    deviations, centred = features - means[labels], means - means.mean(0)
    within = sum(np.outer(row, row) for row in deviations) / len(features)
    between = sum(np.outer(row, row) for row in centred) / len(means)
    return np.trace(within @ np.linalg.pinv(between, rcond=1e-9)) / len(means)


@pytest.mark.parametrize("dtype", [np.float16, np.float64])  # summed in float64 all the same
@pytest.mark.parametrize(("n_classes", "width"), [(2, 1), (4, 3), (5, 2), (10, 30)])
def test_nc1_is_the_trace_of_the_matrices_written_out(generator, n_classes, width, dtype):
    features, labels = clouds(generator, n_classes, width, dtype=dtype)
    found, whole = describe_collapse(features, labels, **OPTIONS), features.astype(float)
    assert found["nc1"] == pytest.approx(trace_of(whole, labels))
    assert found["nc2_norms"] == pytest.approx(unequal_norms(means_of(whole, labels)), rel=1e-12)


def test_distances_and_angles_of_known_means():
    assert unequal_norms(SQUARE) == pytest.approx(0)
    assert unequal_norms(SQUARE @ [[1, 1], [-1, 1]] * [1, 2] + 7) == pytest.approx(1 / 3)  # of lengths 1, 1, 2, 2
    # Four neighbours at right angles, two opposites: |0 + 1/3| and |-1 + 1/3|.
    assert unequal_angles(SQUARE + 7) == pytest.approx((4 * 1 / 3 + 2 * 2 / 3) / 6)


@pytest.mark.parametrize(("weights", "gap"), [(5 * SQUARE, 0), (-SQUARE, 4), (SQUARE[:, ::-1], 2)])
def test_duality_gap_of_known_weights(weights, gap):
    assert duality_gap(SQUARE + 7, weights) == pytest.approx(gap)


def test_nc4_counts_where_the_nearest_mean_is_not_the_decision(generator):
    features, labels = clouds(generator, 4, 3, spread=3, counts=[20, 30, 40, 50])
    nearest = cdist(features, means_of(features, labels)).argmin(1)
    assert 0.05 < (nearest != labels).mean() < 0.95  # neither is all the same
    for decisions in (labels, nearest, np.where(np.arange(140) < 13, (nearest + 1) % 4, nearest)):
        differ = int((nearest != decisions).sum())
        found = describe_collapse(features, labels, decisions=decisions, **OPTIONS)["nc4"]
        assert (found["images"], found["share"]) == (140, differ / 140)
        assert (found["low"], found["high"]) == wilson_interval(differ, 140)


@pytest.mark.parametrize("spread", [0.1, 10])
def test_every_interval_holds_its_number_and_the_seed_decides_it(generator, spread):
    features, labels = clouds(generator, 4, 6, spread=spread, counts=[20, 30, 40, 50])
    weights = generator.normal(size=(4, 6))
    found, again, other = (
        describe_collapse(features, labels, weights=weights, resamples=100, seed=seed) for seed in (0, 0, 1)
    )
    for name in PER_MEAN:
        assert 0 <= found[f"{name}_low"] <= found[name] < found[f"{name}_high"]
    assert again == found
    drawn = {f"{name}_high" for name in PER_MEAN[1:]}
    assert (
        drawn <= {name for name in found if other[name] != found[name]} <= drawn | {f"{name}_low" for name in PER_MEAN}
    )


def test_the_intervals_cover_the_truth_in_about_95_of_100_draws(generator):
    """Of classes that are well apart, where the means' own scatter hardly changes that between them."""
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
        found = describe_collapse(features, labels, weights=weights, resamples=50, seed=seed)
        for name, value in true.items():
            covered[name] += found[f"{name}_low"] <= value <= found[f"{name}_high"]
            halves[name] += (found[f"{name}_high"] - found[f"{name}_low"]) / 200 / value
    assert min(covered.values()) >= 85, covered
    assert max(halves.values()) < 0.25, halves  # not by their width alone
