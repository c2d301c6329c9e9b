"""Document 001's mistakes with averages, on numbers small enough to be done by hand."""

import math

import numpy as np
import pytest

from vision.mistakes.averages import (
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


def test_the_last_batch_counts_for_more_than_its_images():
    accuracy, loss = average_batches(logits([1, 1, 0, 1, 0]), LABELS, 2)
    assert (accuracy["wrong"], accuracy["right"]) == (pytest.approx((1 + 0.5 + 0) / 3), pytest.approx(3 / 5))
    losses = cross_entropy(logits([1, 1, 0, 1, 0]), LABELS)
    assert loss["wrong"] == pytest.approx(np.mean([losses[:2].mean(), losses[2:4].mean(), losses[4]]))
    assert loss["right"] == pytest.approx(losses.mean())
    assert loss["change"] == pytest.approx(loss["wrong"] - loss["right"])
    effective = 1 / (4 * (1 / 6) ** 2 + (1 / 3) ** 2)
    assert (accuracy["wrong_low"], accuracy["wrong_high"]) == pytest.approx(wilson_interval(0.5 * effective, effective))


def test_with_equal_batches_nothing_changes():
    for found in average_batches(logits([1, 0, 0, 1]), LABELS[:4], 2):
        assert found["wrong"] == pytest.approx(found["right"])
        assert (found["change"], found["change_low"], found["change_high"]) == pytest.approx((0, 0, 0))


def test_the_interval_of_a_weighted_mean_covers_the_mean_as_often_as_it_says():
    generator, held = np.random.default_rng(0), 0
    for _ in range(400):
        right = generator.random(90) < 0.8
        found = average_batches(logits(right), np.zeros(90, int), 40)[1]
        expected = 0.8 * math.log1p(math.exp(-2)) + 0.2 * math.log1p(math.exp(2))
        held += found["wrong_low"] <= expected <= found["wrong_high"]
    assert 0.92 <= held / 400 <= 0.98


def test_a_running_accuracy_hides_that_a_network_overfits():
    epoch = {"augmented_train_accuracy": 0.90, "valid_accuracy": 0.95}
    accuracy, gap = watch_the_running_accuracy(epoch, np.arange(1000) < 990, 400)
    assert (accuracy["wrong"], accuracy["right"]) == (0.90, 0.99)
    assert (gap["wrong"], gap["right"]) == (pytest.approx(-0.05), pytest.approx(0.04))
    assert accuracy["change"] == gap["change"] == pytest.approx(-0.09)
    assert (accuracy["wrong_low"], accuracy["wrong_high"]) == wilson_interval(900, 1000)


def test_of_a_training_that_diverged_at_once_nothing_is_said():
    assert all("diverged" in found["left_out"] for found in watch_the_running_accuracy(None, np.ones(9, bool), 4))


def test_the_validation_images_have_a_part_in_the_mean_pixel():
    train, valid = np.zeros((30, 1, 2, 2), np.uint8), np.full((10, 1, 2, 2), 255, np.uint8)
    found = measure_all_pixels(train, valid)
    assert (found["wrong"], found["right"], found["change"]) == (0.25, 0, 0.25)
    assert found["change_low"] == found["change_high"] == 0.25  # all images of a part are the same


def test_the_least_of_the_classes_is_shown():
    found = search_at_random([0.9, 0.7, 0.99], [0.99, 0.98, 1.0])
    assert (found["wrong"], found["right"], found["change"]) == (0.7, 0.98, pytest.approx(-0.28))


def test_the_documents_example_is_four_thousandths_of_a_nat_off_its_print():
    found = round_the_probability()
    assert found["wrong"] == pytest.approx(4.154, abs=5e-4)  # as it is printed
    assert found["right"] == pytest.approx(math.log(math.e**5 + 9 * math.e) - 1)
    assert found["right"] == pytest.approx(4.1526, abs=5e-5)
