"""Calibration, by hand and against a plain loop."""

import numpy as np
import pytest
from scipy.special import softmax

from vision.scores.calibration import calibration_table, expected_calibration_error

GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, 4, 300)
LOGITS = (GENERATOR.normal(size=(300, 4)) + 1.5 * np.eye(4)[LABELS]).astype(np.float32)


def test_calibration_error_is_that_computed_by_hand():
    logits = np.log([[0.55, 0.45], [0.55, 0.45], [0.9, 0.1], [0.1, 0.9]])
    found = expected_calibration_error(logits, np.array([0, 1, 0, 1]), bins=5, resamples=100, seed=0)
    assert found["ece"] == pytest.approx(0.5 * (0.55 - 0.5) + 0.5 * (1 - 0.9))


@pytest.mark.parametrize("bins", [2, 15, 40])
def test_calibration_error_and_table_agree_with_a_plain_loop(bins):
    top, right = softmax(LOGITS.astype(float), axis=1).max(1), LOGITS.argmax(1) == LABELS
    members = [(index / bins < top) & (top <= (index + 1) / bins) for index in range(bins)]
    expected = sum(abs(top[inside].mean() - right[inside].mean()) * inside.mean() for inside in members if inside.any())
    found = expected_calibration_error(LOGITS, LABELS, bins=bins, resamples=200, seed=0)
    assert found["ece"] == pytest.approx(expected)
    assert 0 <= found["ece_low"] < found["ece"] < found["ece_high"] <= 1
    table = calibration_table(LOGITS, LABELS, bins)
    assert {row["bin"]: row["images"] for row in table} == {i: m.sum() for i, m in enumerate(members) if m.any()}
    assert sum(row["images"] for row in table) == len(LABELS)
    assert sum(abs(row["confidence"] - row["accuracy"]) * row["images"] for row in table) / 300 == pytest.approx(
        expected
    )


@pytest.mark.parametrize("images", [50, 2000])
def test_the_interval_holds_the_error_also_of_a_model_that_knows_how_sure_to_be(images):
    generator = np.random.default_rng(1)
    probabilities = generator.dirichlet(np.ones(4), images)
    labels = np.array([generator.choice(4, p=row) for row in probabilities])
    found = expected_calibration_error(np.log(probabilities), labels, bins=15, resamples=500, seed=0)
    assert 0 <= found["ece_low"] < found["ece"] < found["ece_high"]  # though nearly all draws lie above it


def test_confidence_bins_are_closed_above():
    half, certain = calibration_table(np.array([[0.0, 0.0], [0.0, 1000.0]]), np.array([0, 1]), bins=2)
    assert (half["low"], half["high"], half["confidence"]) == (0, 0.5, 0.5)
    assert (certain["low"], certain["high"], certain["confidence"]) == (0.5, 1, 1)
