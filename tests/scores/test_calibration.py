"""Calibration: by hand, against a plain loop, scikit-learn and the binomial distribution, and by simulation."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import binom
from sklearn.metrics import brier_score_loss

from vision.scores.calibration import (
    brier_scores,
    calibration_table,
    confidences,
    describe_calibration,
    equal_mass_bins,
    equal_width_bins,
    expected_calibration_error,
)
from vision.scores.intervals import mean_interval, wilson_interval

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 4, 300)
LOGITS = (GENERATOR.normal(size=(300, 4)) + 1.5 * np.eye(4)[LABELS]).astype(np.float32)
OPTIONS = {"resamples": 200, "seed": 0}

# What a model's confidence of 0.3 to 1 really means.
MODELS = {
    "calibrated": lambda top: top,
    "overconfident": lambda top: 0.8 * top,
    "underconfident": lambda top: (1 + top) / 2,
    "both": lambda top: np.clip(top + 0.1 * np.sin(12 * top), 0, 1),
}


@cache
def population(name):
    """Confidences, most of them near 1, how often each is right, and their calibration error within 15 bins."""
    top = 1 - 0.7 * np.random.default_rng(1).random(100_000) ** 4
    right = MODELS[name](top)
    return top, right, np.abs(np.bincount(equal_width_bins(top, 15), top - right)).sum() / len(top)


def samples(name, size, number):
    """Errors found in independent samples of a population."""
    (top, right, _), generator = population(name), np.random.default_rng(2)
    for seed in range(number):
        chosen = generator.integers(0, len(top), size)
        correct = generator.random(size) < right[chosen]
        yield expected_calibration_error(top[chosen], correct, bins=15, resamples=99, seed=seed)


def test_scores_are_those_computed_by_hand():
    logits = np.log([[0.55, 0.45], [0.55, 0.45], [0.9, 0.1], [0.1, 0.9]])
    found = describe_calibration(logits, np.array([0, 1, 0, 1]), bins=5, **OPTIONS)
    assert found["ece"] == pytest.approx(0.5 * (0.55 - 0.5) + 0.5 * (1 - 0.9))
    assert found["confidence_gap"] == pytest.approx((0.55 + 0.55 + 0.9 + 0.9) / 4 - 3 / 4)
    assert found["brier"] == pytest.approx((2 * 0.45**2 + 2 * 0.55**2 + 2 * 0.1**2 + 2 * 0.1**2) / 4)


def test_brier_score_is_scikit_learns_and_lies_in_0_to_2():
    probabilities = softmax(LOGITS.astype(float), axis=1)
    theirs = brier_score_loss(LABELS, probabilities, scale_by_half=False, labels=range(4))
    assert brier_scores(LOGITS, LABELS).mean() == pytest.approx(theirs)
    np.testing.assert_allclose(brier_scores(1000 * np.eye(3), np.array([0, 1, 0])), [0, 0, 2])


@pytest.mark.parametrize("bins", [2, 15])
def test_calibration_error_agrees_with_a_plain_loop(bins):
    top, right = confidences(LOGITS, LABELS)
    members = [(index / bins < top) & (top <= (index + 1) / bins) for index in range(bins)]
    expected = sum(abs(top[inside].mean() - right[inside].mean()) * inside.mean() for inside in members if inside.any())
    found = describe_calibration(LOGITS, LABELS, bins=bins, **OPTIONS)
    assert found["ece"] == pytest.approx(expected)
    assert (found["confidence_gap_low"], found["confidence_gap_high"]) == mean_interval(top - right)
    # By Cauchy and Schwarz: a mean of +-(confidence - correct), with the mean square for the variance.
    half = 1.959964 * np.sqrt(((top - right) ** 2).mean() / 300)
    assert found["ece_high"] == pytest.approx(expected + half)
    assert 0 <= found["ece_low"] < found["ece"]
    assert 0 <= found["ece_null_low"] < found["ece_null"] < found["ece_null_high"] <= 1


def test_bins_of_equal_width_are_closed_above():
    top = np.array([0, 0.25, 0.5, 0.5001, 1.0, np.nextafter(1, 2)])  # as rounding can give
    np.testing.assert_array_equal(equal_width_bins(top, 4), [0, 0, 1, 2, 3, 3])


@pytest.mark.parametrize("hits", [30, 33, 24])
def test_null_of_one_bin_is_binomial(hits):
    images, top = 40, np.full(40, 0.75)
    found = expected_calibration_error(top, np.arange(images) < hits, bins=10, resamples=2000, seed=0)
    values = np.arange(images + 1)
    errors, weights = np.abs(values - 30) / images, binom.pmf(values, images, 0.75)
    assert found["ece"] == abs(hits - 30) / images
    assert found["ece_p"] == pytest.approx(weights[errors >= found["ece"]].sum(), abs=0.03)
    assert found["ece_null"] in errors
    for end, share in {"": 0.5, "_low": 0.025, "_high": 0.975}.items():
        assert weights[errors <= found[f"ece_null{end}"]].sum() >= share - 0.03
        assert weights[errors < found[f"ece_null{end}"]].sum() <= share + 0.03


def test_p_values_of_a_calibrated_model_are_uniform_and_those_of_another_small():
    p_values = np.array([found["ece_p"] for found in samples("calibrated", 400, 100)])
    for share in (0.05, 0.25, 0.5, 0.75):
        assert abs((p_values <= share).mean() - share) < 3 * np.sqrt(share * (1 - share) / 100)  # standard errors
    for name in ("overconfident", "underconfident"):
        assert np.mean([found["ece_p"] <= 0.05 for found in samples(name, 400, 20)]) > 0.9


@pytest.mark.parametrize("name", MODELS)
def test_interval_holds_the_true_error_at_least_90_times_in_100(name):
    true = population(name)[2]
    found = list(samples(name, 800, 50))
    assert np.mean([one["ece_low"] <= true <= one["ece_high"] for one in found]) >= 0.9
    assert np.mean([one["ece_high"] - one["ece_low"] for one in found]) < 0.1  # not by its width alone
    if true > 0.03:
        assert np.mean([one["ece_low"] > 0 for one in found]) > 0.9


@pytest.mark.parametrize("size", [10, 97])
def test_bins_of_equal_mass_differ_by_one_image_where_no_confidences_are_equal(size):
    top = np.random.default_rng(0).permutation(size) / size
    position = equal_mass_bins(top, 10)
    counts = np.bincount(position, minlength=10)
    assert counts.max() - counts.min() <= 1
    assert (np.diff(position[np.argsort(top)]) >= 0).all()


@pytest.mark.parametrize("share", [0, 0.9])
def test_equal_confidences_are_in_one_bin_in_whatever_order(share):
    """As a forest's, which are equal but for rounding; `share` of the images have the greatest one."""
    generator = np.random.default_rng(3)
    votes = np.where(generator.random(2000) < share, 40, generator.integers(10, 41, 2000))
    top = votes / 40 + generator.uniform(-1e-8, 1e-8, 2000)
    position, order = equal_mass_bins(top, 15), generator.permutation(2000)
    assert all(len(set(position[votes == count])) == 1 for count in set(votes))
    np.testing.assert_array_equal(equal_mass_bins(top[order], 15), position[order])
    counts, most = np.bincount(position), np.bincount(votes).max()
    assert counts.max() <= 2000 / 15 + most  # what one value adds at most


def test_calibration_table_is_of_all_images_by_rising_confidence():
    table = calibration_table(LOGITS, LABELS, bins=7, **OPTIONS)
    top, right = confidences(LOGITS, LABELS)
    assert sum(row["images"] for row in table) == 300
    assert max(row["images"] for row in table) - min(row["images"] for row in table) <= 1
    assert all(before["high"] < after["low"] for before, after in pairwise(table))
    for number, row in enumerate(table):
        inside = (row["low"] <= top) & (top <= row["high"])
        assert (row["bin"], row["images"]) == (number, inside.sum())
        assert (row["confidence"], row["accuracy"]) == pytest.approx((top[inside].mean(), right[inside].mean()))
        assert (row["accuracy_low"], row["accuracy_high"]) == wilson_interval(right[inside].sum(), inside.sum())


def test_null_of_a_bin_holds_the_accuracy_of_a_calibrated_model_and_not_of_another():
    generator, inside, outside = np.random.default_rng(4), [], []
    for seed in range(30):
        logits = 3 * generator.normal(size=(300, 3))
        labels = (logits + generator.gumbel(size=logits.shape)).argmax(1)  # drawn from their softmax
        for found, scale in ((inside, 1), (outside, 3)):
            table = calibration_table(scale * logits, labels, bins=5, resamples=100, seed=seed)
            found += [row["null_low"] <= row["accuracy"] <= row["null_high"] for row in table]
    assert 0.9 <= np.mean(inside) <= 0.995
    assert np.mean(outside) < 0.5
