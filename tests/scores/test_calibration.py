"""Calibration: by hand, against a plain loop, scikit-learn and the binomial distribution, and by simulation."""

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
    describe_scaled,
    equal_mass_bins,
    equal_width_bins,
    expected_calibration_error,
    fit_temperature,
)
from vision.scores.intervals import mean_estimate, wilson_interval
from vision.scores.losses import cross_entropy

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 4, 300)
LOGITS = (GENERATOR.normal(size=(300, 4)) + 1.5 * np.eye(4)[LABELS]).astype(np.float32)
OPTIONS = {"resamples": 200, "seed": 0}
# The probability that a prediction with a confidence of 0.3 to 1 is correct.
MODELS = {
    "calibrated": lambda top: top,
    "overconfident": lambda top: 0.8 * top,
    "underconfident": lambda top: (1 + top) / 2,
    "both": lambda top: np.clip(top + 0.1 * np.sin(12 * top), 0, 1),
}


def test_brier_score_matches_scikit_learn_and_lies_in_0_to_2():
    probabilities = softmax(LOGITS.astype(float), axis=1)
    expected = brier_score_loss(LABELS, probabilities, scale_by_half=False, labels=range(4))
    assert brier_scores(LOGITS, LABELS).mean() == pytest.approx(expected)
    np.testing.assert_allclose(brier_scores(1000 * np.eye(3), np.array([0, 1, 0])), [0, 0, 2])


def test_calibration_error_matches_a_plain_loop():
    bins, (top, right) = 15, confidences(LOGITS, LABELS)
    members = [(index / bins < top) & (top <= (index + 1) / bins) for index in range(bins)]
    expected = sum(abs(top[inside].mean() - right[inside].mean()) * inside.mean() for inside in members if inside.any())
    scores = describe_calibration(LOGITS, LABELS, bins=bins, **OPTIONS)
    gap, ece, null = scores["confidence_gap"], scores["ece"], scores["ece_null"]
    assert ece.value == pytest.approx(expected)
    assert gap[:3] == (pytest.approx((top - right).mean()), *mean_estimate(top - right)[1:3])
    # By Cauchy and Schwarz: a mean of +-(confidence - correct), with the mean square for the variance.
    assert ece.high == pytest.approx(expected + 1.959964 * np.sqrt(((top - right) ** 2).mean() / 300))
    assert 0 <= ece.low < ece.value
    assert 0 <= null.low < null.value < null.high <= 1


def test_bins_of_equal_width_are_closed_above():
    top = np.array([0, 0.25, 0.5, 0.5001, 1.0, np.nextafter(1, 2)])  # the last by rounding
    np.testing.assert_array_equal(equal_width_bins(top, 4), [0, 0, 1, 2, 3, 3])


@pytest.mark.parametrize("correct", [30, 24])
def test_null_of_one_bin_is_binomial(correct):
    images, top = 40, np.full(40, 0.75)
    scores = expected_calibration_error(top, np.arange(images) < correct, bins=10, resamples=2000, seed=0)
    values = np.arange(images + 1)
    errors, weights = np.abs(values - 30) / images, binom.pmf(values, images, 0.75)
    assert scores["ece"].value == abs(correct - 30) / images
    assert scores["ece_p"] == pytest.approx(weights[errors >= scores["ece"].value].sum(), abs=0.03)
    for value, share in zip(scores["ece_null"][:3], (0.5, 0.025, 0.975), strict=True):
        assert weights[errors <= value].sum() >= share - 0.03
        assert weights[errors < value].sum() <= share + 0.03


@pytest.mark.parametrize("name", MODELS)
def test_interval_covers_the_true_error_in_at_least_90_of_100_samples(name):
    top = 1 - 0.7 * np.random.default_rng(1).random(100_000) ** 4
    right, generator, intervals = MODELS[name](top), np.random.default_rng(2), []
    true = np.abs(np.bincount(equal_width_bins(top, 15), top - right)).sum() / len(top)
    for seed in range(50):
        chosen = generator.integers(0, len(top), 800)
        correct = generator.random(800) < right[chosen]
        scores = expected_calibration_error(top[chosen], correct, bins=15, resamples=99, seed=seed)
        intervals.append(scores["ece"][1:3])
    assert np.mean([low <= true <= high for low, high in intervals]) >= 0.9
    assert np.mean([high - low for low, high in intervals]) < 0.1  # not by its width alone
    if true > 0.03:
        assert np.mean([low > 0 for low, _ in intervals]) > 0.9


@pytest.mark.parametrize("share", [0, 0.9])
def test_equal_confidences_are_in_one_bin_in_any_order(share):
    """Votes of a forest are equal up to rounding; `share` of the images have the greatest confidence."""
    generator = np.random.default_rng(3)
    votes = np.where(generator.random(2000) < share, 40, generator.integers(10, 41, 2000))
    top = votes / 40 + generator.uniform(-1e-8, 1e-8, 2000)
    position, order = equal_mass_bins(top, 15), generator.permutation(2000)
    assert all(len(set(position[votes == count])) == 1 for count in set(votes))
    np.testing.assert_array_equal(equal_mass_bins(top[order], 15), position[order])
    assert np.bincount(position).max() <= 2000 / 15 + np.bincount(votes).max()


def test_calibration_table_has_all_images_by_rising_confidence():
    table = calibration_table(LOGITS, LABELS, bins=7, **OPTIONS)
    top, right = confidences(LOGITS, LABELS)
    counts = [row["images"] for row in table]
    assert (sum(counts), max(counts) - min(counts)) == (300, 1)  # without ties, bins differ by one image
    assert all(before["high"] < after["low"] for before, after in pairwise(table))
    for row in table:
        inside = (row["low"] <= top) & (top <= row["high"])
        assert row["images"] == inside.sum()
        assert (row["confidence"], row["accuracy"]) == pytest.approx((top[inside].mean(), right[inside].mean()))
        assert (row["accuracy_low"], row["accuracy_high"]) == wilson_interval(right[inside].sum(), inside.sum())
        # The accuracies of a calibrated model: a mean of independent draws, nearly normal.
        half = 1.96 * np.sqrt((top * (1 - top))[inside].sum()) / inside.sum()
        null = (row["confidence"] - half, row["confidence"] + half)
        assert (row["null_low"], row["null_high"]) == pytest.approx(null, abs=0.05)


@pytest.mark.parametrize("factor", [0.02, 1, 3000])
def test_temperature_recovers_the_scale_of_the_logits(factor):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(5000, 5)) * 2
    labels = (logits + generator.gumbel(size=logits.shape)).argmax(1)  # drawn from the softmax
    temperature = fit_temperature(factor * logits, labels)
    assert temperature == pytest.approx(factor, rel=0.05)
    nearby = [cross_entropy(factor * logits / (temperature * step), labels).mean() for step in (0.999, 1, 1.001)]
    assert min(nearby) == nearby[1]
    scaled = describe_scaled(factor * logits, labels, temperature, bins=15, **OPTIONS)
    assert scaled["loss"].value == pytest.approx(nearby[1])
    assert scaled["ece_p"] > 0.05
