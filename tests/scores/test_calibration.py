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
    describe_calibration,
    equal_mass_bins,
    equal_width_bins,
    expected_calibration_error,
)

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 4, 300)
LOGITS = (GENERATOR.normal(size=(300, 4)) + 1.5 * np.eye(4)[LABELS]).astype(np.float32)
OPTIONS = {"resamples": 200, "seed": 0}

# What a model's confidence of 0.3 to 1 really means.
MODELS = {
    "calibrated": lambda top: top,
    "slightly overconfident": lambda top: top - 0.06 * (1 - top),
    "overconfident": lambda top: 0.8 * top,
    "underconfident": lambda top: (1 + top) / 2,
    "both": lambda top: np.clip(top + 0.1 * np.sin(12 * top), 0, 1),
}


def population(truth):
    """Confidences, most of them near 1, how often each is right, and their calibration error within 15 bins."""
    top = 1 - 0.7 * np.random.default_rng(1).random(100_000) ** 4
    right = truth(top)
    return top, right, np.abs(np.bincount(equal_width_bins(top, 15), top - right)).sum() / len(top)


def samples(truth, size, number):
    """Errors found in independent samples of a population."""
    (top, right, _), generator = population(truth), np.random.default_rng(2)
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


def test_the_brier_score_is_scikit_learns_and_lies_in_0_to_2():
    probabilities = softmax(LOGITS.astype(float), axis=1)
    theirs = brier_score_loss(LABELS, probabilities, scale_by_half=False, labels=range(4))
    assert brier_scores(LOGITS, LABELS).mean() == pytest.approx(theirs)
    certain = 1000 * np.eye(3)
    np.testing.assert_allclose(brier_scores(certain, np.array([0, 1, 0])), [0, 0, 2])


@pytest.mark.parametrize("bins", [2, 15, 40])
def test_the_calibration_error_agrees_with_a_plain_loop(bins):
    top, right = softmax(LOGITS.astype(float), axis=1).max(1), LOGITS.argmax(1) == LABELS
    members = [(index / bins < top) & (top <= (index + 1) / bins) for index in range(bins)]
    expected = sum(abs(top[inside].mean() - right[inside].mean()) * inside.mean() for inside in members if inside.any())
    found = describe_calibration(LOGITS, LABELS, bins=bins, **OPTIONS)
    assert found["ece"] == pytest.approx(expected)
    assert 0 <= found["ece_low"] < found["ece"] < found["ece_high"] <= 1
    assert 0 <= found["ece_null_low"] < found["ece_null"] < found["ece_null_high"] <= 1


def test_bins_of_equal_width_are_closed_above():
    np.testing.assert_array_equal(equal_width_bins(np.array([0.25, 0.5, 0.5001, 1.0]), 4), [0, 1, 2, 3])


@pytest.mark.parametrize("hits", [30, 33, 24])
def test_of_one_bin_the_null_is_binomial(hits):
    images, top = 40, np.full(40, 0.75)
    found = expected_calibration_error(top, np.arange(images) < hits, bins=10, resamples=4000, seed=0)
    values = np.arange(images + 1)
    errors, weights = np.abs(values - 30) / images, binom.pmf(values, images, 0.75)
    assert found["ece"] == abs(hits - 30) / images
    assert found["ece_p"] == pytest.approx(weights[errors >= found["ece"]].sum(), abs=0.03)
    assert found["ece_null"] in errors
    for end, share in {"": 0.5, "_low": 0.025, "_high": 0.975}.items():
        assert weights[errors <= found[f"ece_null{end}"]].sum() >= share - 0.03
        assert weights[errors < found[f"ece_null{end}"]].sum() <= share + 0.03


def test_p_values_of_a_calibrated_model_are_uniform_and_those_of_another_small():
    p_values = np.array([found["ece_p"] for found in samples(MODELS["calibrated"], 400, 200)])
    for share in (0.05, 0.25, 0.5, 0.75):  # three standard errors
        assert abs((p_values <= share).mean() - share) < 3 * np.sqrt(share * (1 - share) / 200)
    for name in ("overconfident", "underconfident"):
        assert np.mean([found["ece_p"] <= 0.05 for found in samples(MODELS[name], 400, 30)]) > 0.9


@pytest.mark.parametrize("name", MODELS)
def test_the_interval_holds_the_true_error_at_least_90_times_in_100(name):
    true = population(MODELS[name])[2]
    found = list(samples(MODELS[name], 800, 100))
    assert np.mean([one["ece_low"] <= true <= one["ece_high"] for one in found]) >= 0.9
    assert np.mean([one["ece_high"] - one["ece_low"] for one in found]) < 0.1  # not by its width alone
    if true > 0.03:
        assert np.mean([one["ece_low"] > 0 for one in found]) > 0.9


@pytest.mark.parametrize("size", [10, 97, 3000])
def test_bins_of_equal_mass_differ_by_one_image_where_no_confidences_are_equal(size):
    top = np.random.default_rng(0).permutation(size) / size
    position = equal_mass_bins(top, 10)
    counts = np.bincount(position, minlength=10)
    assert counts.max() - counts.min() <= 1
    assert (np.diff(position[np.argsort(top)]) >= 0).all()


@pytest.mark.parametrize("share", [0, 0.35, 0.9])
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


def test_the_table_is_of_all_images_by_rising_confidence():
    table = calibration_table(LOGITS, LABELS, bins=7, **OPTIONS)
    top, right = softmax(LOGITS.astype(float), axis=1).max(1), LOGITS.argmax(1) == LABELS
    assert sum(row["images"] for row in table) == 300
    assert max(row["images"] for row in table) - min(row["images"] for row in table) <= 1
    assert all(before["high"] < after["low"] for before, after in pairwise(table))
    for row in table:
        inside = (row["low"] <= top) & (top <= row["high"])
        assert inside.sum() == row["images"]
        assert (row["confidence"], row["accuracy"]) == pytest.approx((top[inside].mean(), right[inside].mean()))
        assert row["accuracy_low"] < row["accuracy"] < row["accuracy_high"]
        assert row["null_low"] < row["confidence"] < row["null_high"]
    order = np.random.default_rng(0).permutation(300)
    again = calibration_table(LOGITS[order], LABELS[order], bins=7, **OPTIONS)
    for name in ("images", "low", "high", "confidence", "accuracy"):
        assert [row[name] for row in again] == pytest.approx([row[name] for row in table])


def test_the_null_of_a_bin_holds_the_accuracy_of_a_calibrated_model_and_not_of_another():
    generator, inside, outside = np.random.default_rng(4), [], []
    for seed in range(30):
        logits = 3 * generator.normal(size=(600, 3))
        labels = (logits + generator.gumbel(size=logits.shape)).argmax(1)  # drawn from their softmax
        for found, scale in ((inside, 1), (outside, 3)):
            table = calibration_table(scale * logits, labels, bins=5, resamples=200, seed=seed)
            found += [row["null_low"] <= row["accuracy"] <= row["null_high"] for row in table]
    assert 0.9 <= np.mean(inside) <= 0.995
    assert np.mean(outside) < 0.5
