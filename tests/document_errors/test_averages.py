"""Document 001's mistakes with averages (B1.1 to B1.7), on numbers small enough to be computed by hand."""

import math

import numpy as np
import pytest

from vision.document_errors.averages import (
    average_batches,
    measure_all_pixels,
    round_the_probability,
    search_at_random,
    watch_the_running_accuracy,
)
from vision.scores.intervals import wilson_interval
from vision.scores.losses import cross_entropy

LABELS = np.zeros(5, int)


def logits(right):
    """Of class 0 where an image is right, of class 1 where it is not."""
    return np.where(np.array(right, bool)[:, None], [[2.0, 0.0]], [[0.0, 2.0]])


def test_mean_over_batches_overweights_a_short_last_batch():
    accuracy, loss = average_batches(logits([1, 1, 0, 1, 0]), LABELS, 2)
    assert (accuracy["wrong"], accuracy["right"]) == (pytest.approx((1 + 0.5 + 0) / 3), pytest.approx(3 / 5))
    losses = cross_entropy(logits([1, 1, 0, 1, 0]), LABELS)
    assert loss["wrong"] == pytest.approx(np.mean([losses[:2].mean(), losses[2:4].mean(), losses[4]]))
    assert loss["right"] == pytest.approx(losses.mean())
    assert loss["change"] == pytest.approx(loss["wrong"] - loss["right"])
    effective = 1 / (4 * (1 / 6) ** 2 + (1 / 3) ** 2)
    assert (accuracy["wrong_low"], accuracy["wrong_high"]) == pytest.approx(wilson_interval(0.5 * effective, effective))


def test_mean_over_equal_batches_is_the_mean_over_images():
    for found in average_batches(logits([1, 0, 0, 1]), LABELS[:4], 2):
        assert found["wrong"] == pytest.approx(found["right"])
        assert (found["change"], found["change_low"], found["change_high"]) == pytest.approx((0, 0, 0))


def test_interval_of_a_weighted_mean_has_its_coverage():
    generator, covered = np.random.default_rng(0), 0
    expected = 0.8 * math.log1p(math.exp(-2)) + 0.2 * math.log1p(math.exp(2))
    for _ in range(400):
        found = average_batches(logits(generator.random(90) < 0.8), np.zeros(90, int), 40)[1]
        covered += found["wrong_low"] <= expected <= found["wrong_high"]
    assert 0.92 <= covered / 400 <= 0.98


def test_running_accuracy_hides_overfitting():
    epoch = {"augmented_train_accuracy": 0.90, "valid_accuracy": 0.95}
    accuracy, gap = watch_the_running_accuracy(epoch, np.arange(1000) < 990, 400)
    assert (accuracy["wrong"], accuracy["right"]) == (0.90, 0.99)
    assert (gap["wrong"], gap["right"]) == (pytest.approx(-0.05), pytest.approx(0.04))
    assert accuracy["change"] == gap["change"] == pytest.approx(-0.09)
    assert (accuracy["wrong_low"], accuracy["wrong_high"]) == wilson_interval(900, 1000)
    assert all("diverged" in found["left_out"] for found in watch_the_running_accuracy(None, np.ones(9, bool), 4))


def test_mean_pixel_of_training_and_validation_images():
    train, valid = np.zeros((30, 1, 2, 2), np.uint8), np.full((10, 1, 2, 2), 255, np.uint8)
    found = measure_all_pixels(train, valid)
    assert (found["wrong"], found["right"], found["change"]) == (0.25, 0, 0.25)
    assert found["change_low"] == found["change_high"] == 0.25  # all images of a part are the same


def test_random_search_is_compared_by_the_least_probability_of_any_class():
    found = search_at_random([0.9, 0.7, 0.99], [0.99, 0.98, 1.0])
    assert (found["wrong"], found["right"], found["change"]) == (0.7, 0.98, pytest.approx(-0.28))


def test_loss_of_the_rounded_probability_is_the_printed_one():
    found = round_the_probability()
    assert found["wrong"] == pytest.approx(4.154, abs=5e-4)  # as it is printed
    assert found["right"] == pytest.approx(math.log(math.e**5 + 9 * math.e) - 1)
    assert found["change"] == pytest.approx(found["wrong"] - found["right"])
