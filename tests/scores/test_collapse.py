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


def simplex(n_classes, width, generator):
    """Unit vectors as far apart as they can be, in some directions of a wider space: (C, D)."""
    corners = np.sqrt(n_classes / (n_classes - 1)) * (np.eye(n_classes) - 1 / n_classes)
    return corners @ rotation(width, generator)[:n_classes]


def rotation(width, generator):
    return np.linalg.qr(generator.normal(size=(width, width)))[0]


@pytest.mark.parametrize(("n_classes", "width"), [(2, 1), (2, 5), (3, 7), (4, 3), (5, 2), (10, 9), (10, 10), (10, 30)])
def test_nc1_is_the_trace_of_the_matrices_written_out(generator, n_classes, width):
    features, labels = clouds(generator, n_classes, width)
    assert describe_collapse(features, labels, **OPTIONS)["nc1"] == pytest.approx(trace_of(features, labels))


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_features_of_less_precision_are_summed_in_float64(generator, dtype):
    features, labels = clouds(generator, 4, 6, dtype=dtype)
    found = describe_collapse(features, labels, **OPTIONS)
    assert found["nc1"] == pytest.approx(trace_of(features.astype(float), labels), rel=1e-12)
    assert found["nc2_norms"] == pytest.approx(unequal_norms(means_of(features.astype(float), labels)), rel=1e-12)


@pytest.mark.parametrize("spread", [0.1, 0.5, 0.9])
def test_nc1_of_two_pairs_of_points_is_that_worked_by_hand(spread):
    features = np.array([-1 - spread, -1 + spread, 1 - spread, 1 + spread])[:, None]
    # Within classes the variance is spread², between them 1.
    assert describe_collapse(features, np.array([0, 0, 1, 1]), **OPTIONS)["nc1"] == pytest.approx(spread**2 / 2)


def test_distances_and_angles_of_known_means():
    assert unequal_norms(SQUARE) == pytest.approx(0)
    assert unequal_norms(SQUARE @ [[1, 1], [-1, 1]] * [1, 2] + 7) == pytest.approx(1 / 3)  # of lengths 1, 1, 2, 2
    # Four neighbours at right angles, two opposites: |0 + 1/3| and |-1 + 1/3|.
    assert unequal_angles(SQUARE + 7) == pytest.approx((4 * 1 / 3 + 2 * 2 / 3) / 6)
    for means in ([[3.0, 1], [-8, 5]], [[0.0], [1]]):  # two are always opposite, at the same distance
        assert (unequal_norms(np.array(means)), unequal_angles(np.array(means))) == pytest.approx((0, 0))


@pytest.mark.parametrize(("weights", "gap"), [(SQUARE, 0), (5 * SQUARE, 0), (-SQUARE, 4), (SQUARE[:, ::-1], 2)])
def test_the_duality_gap_of_known_weights(weights, gap):
    assert duality_gap(SQUARE + 7, weights) == pytest.approx(gap)


def test_of_many_means_at_once_each_is_measured_alone(generator):
    many, weights = generator.normal(size=(4, 6, 5)), generator.normal(size=(4, 5))  # classes, draws, width
    for measure in (unequal_norms, unequal_angles, lambda means: duality_gap(means, weights)):
        np.testing.assert_allclose(measure(many), [measure(many[:, draw]) for draw in range(6)])


@pytest.mark.parametrize(("n_classes", "width"), [(2, 2), (3, 8), (10, 10), (10, 64)])
def test_of_complete_collapse_everything_is_0(generator, n_classes, width):
    corners, labels = simplex(n_classes, width, generator), np.repeat(np.arange(n_classes), 6)
    features = (3 * corners + generator.normal(size=width))[labels].astype(np.float32)
    found = describe_collapse(features, labels, weights=0.2 * corners, decisions=labels, **OPTIONS)
    for name in PER_MEAN:
        for end in ("", "_low", "_high"):
            assert found[f"{name}{end}"] == pytest.approx(0, abs=1e-5)
    assert found["nc4"]["share"] == 0


def test_scatter_and_means_out_of_place_are_seen_each_by_its_own_number(generator):
    corners, labels = simplex(4, 6, generator), np.repeat(np.arange(4), 50)
    whole = describe_collapse(corners[labels], labels, weights=corners, **OPTIONS)
    stretched = corners * np.array([1, 1, 1, 1.5])[:, None]
    for name, features, weights in (
        ("nc1", corners[labels] + 0.1 * generator.normal(size=(200, 6)), corners),
        ("nc2_norms", stretched[labels], stretched - stretched.mean(0)),
        ("nc2_angles", stretched[labels], stretched - stretched.mean(0)),
        ("nc3", corners[labels], corners[::-1]),
    ):
        found = describe_collapse(features, labels, weights=weights, **OPTIONS)
        assert found[name] > 0.01 > 1e-6 > whole[name]
        if name != "nc1":
            assert found["nc1"] == pytest.approx(0, abs=1e-12)


def test_no_number_depends_on_scale_rotation_or_origin(generator):
    features, labels = clouds(generator, 5, 8)
    weights, decisions, turn = (
        generator.normal(size=(5, 8)),
        generator.integers(0, 5, len(labels)),
        rotation(8, generator),
    )
    found = describe_collapse(features, labels, weights=weights, decisions=decisions, **OPTIONS)
    moved = features @ turn * 30 + generator.normal(size=8)
    again = describe_collapse(moved, labels, weights=0.1 * weights @ turn, decisions=decisions, **OPTIONS)
    assert again.pop("nc4") == found.pop("nc4")
    assert again == pytest.approx(found, rel=1e-4)  # draws are of float32


def test_no_number_depends_on_the_order_of_classes(generator):
    features, labels = clouds(generator, 5, 8)
    names, weights = generator.permutation(5), generator.normal(size=(5, 8))
    found = describe_collapse(features, labels, weights=weights, decisions=labels, **OPTIONS)
    again = describe_collapse(
        features, names[labels], weights=weights[names.argsort()], decisions=names[labels], **OPTIONS
    )
    assert again["nc4"] == found["nc4"]
    assert [again[name] for name in PER_MEAN] == pytest.approx([found[name] for name in PER_MEAN])


def test_nc4_counts_where_the_nearest_mean_is_not_the_decision(generator):
    features, labels = clouds(generator, 4, 3, spread=3, counts=[20, 30, 40, 50])
    nearest = cdist(features, means_of(features, labels)).argmin(1)
    assert 0.05 < (nearest != labels).mean() < 0.95  # neither is all the same
    for decisions in (labels, nearest, (nearest + 1) % 4, np.where(np.arange(140) < 13, (nearest + 1) % 4, nearest)):
        differ = int((nearest != decisions).sum())
        found = describe_collapse(features, labels, decisions=decisions, **OPTIONS)["nc4"]
        assert (found["images"], found["share"]) == (140, differ / 140)
        assert (found["low"], found["high"]) == wilson_interval(differ, 140)


def test_what_is_not_given_is_not_told(generator):
    features, labels = clouds(generator, 3, 4)
    bare = describe_collapse(features, labels, **OPTIONS)
    assert bare.keys() == {f"{name}{end}" for name in PER_MEAN[:3] for end in ("", "_low", "_high")}
    more = describe_collapse(features, labels, weights=np.ones((3, 4)), decisions=labels, **OPTIONS)
    assert more.keys() - bare.keys() == {"nc3", "nc3_low", "nc3_high", "nc4"}
    assert bare.items() <= more.items()


@pytest.mark.parametrize("spread", [0.1, 1, 10])
def test_every_interval_holds_its_number_and_the_seed_decides_it(generator, spread):
    features, labels = clouds(generator, 4, 6, spread=spread, counts=[20, 30, 40, 50])
    options = {"weights": generator.normal(size=(4, 6)), "decisions": labels, "resamples": 100}
    found = describe_collapse(features, labels, seed=0, **options)
    for name in PER_MEAN:
        assert 0 <= found[f"{name}_low"] <= found[name] < found[f"{name}_high"]
    assert found["nc4"]["low"] - 1e-12 <= found["nc4"]["share"] < found["nc4"]["high"]
    assert describe_collapse(features, labels, seed=0, **options) == found
    other = describe_collapse(features, labels, seed=1, **options)
    assert {name for name in found if other[name] != found[name]} == {
        f"{name}_{end}" for name in PER_MEAN[1:] for end in ("low", "high")
    } - {name for name in found if found[name] == 0}


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
        found = describe_collapse(features, labels, weights=weights, resamples=100, seed=seed)
        for name, value in true.items():
            covered[name] += found[f"{name}_low"] <= value <= found[f"{name}_high"]
            halves[name] += (found[f"{name}_high"] - found[f"{name}_low"]) / 200 / value
    assert min(covered.values()) >= 85, covered
    assert max(halves.values()) < 0.25, halves  # not by their width alone
