"""Document 001's errors (B1.1 to B1.7), on numbers small enough to be computed by hand."""

import math

import numpy as np
import pytest

from tests.document_errors.conftest import values
from vision.document_errors import document_001 as errors
from vision.scores.intervals import wilson_interval
from vision.scores.losses import cross_entropy

LABELS = np.zeros(5, int)


def logits(correct):
    """Of class 0 where an image is classified correctly, of class 1 where it is not."""
    return np.where(np.array(correct, bool)[:, None], [[2.0, 0.0]], [[0.0, 2.0]])


def test_mean_over_batches_overweights_a_short_last_batch():
    accuracy, loss = errors.average_batches(logits([1, 1, 0, 1, 0]), LABELS, 2)
    assert values(accuracy)[:2] == pytest.approx([(1 + 0.5 + 0) / 3, 3 / 5])
    losses = cross_entropy(logits([1, 1, 0, 1, 0]), LABELS)
    means = np.mean([losses[:2].mean(), losses[2:4].mean(), losses[4]]), losses.mean()
    assert values(loss) == pytest.approx([*means, means[0] - means[1]])
    effective = 1 / (4 * (1 / 6) ** 2 + (1 / 3) ** 2)
    assert accuracy.wrong[1:3] == pytest.approx(wilson_interval(0.5 * effective, effective))


def test_interval_of_a_weighted_mean_has_its_coverage():
    generator, covered = np.random.default_rng(0), 0
    expected = 0.8 * math.log1p(math.exp(-2)) + 0.2 * math.log1p(math.exp(2))
    for _ in range(400):
        wrong = errors.average_batches(logits(generator.random(90) < 0.8), np.zeros(90, int), 40)[1].wrong
        covered += wrong.low <= expected <= wrong.high
    assert 0.92 <= covered / 400 <= 0.98


def test_running_accuracy_hides_overfitting():
    epoch = {"augmented_train_accuracy": 0.90, "valid_accuracy": 0.95}
    accuracy, gap = errors.count_while_training(epoch, 1000, np.arange(1000) < 990, 400)
    assert values(accuracy) == pytest.approx([0.90, 0.99, -0.09])
    assert values(gap) == pytest.approx([-0.05, 0.04, -0.09])


def test_training_and_test_images_are_measured_separately():
    generator, labels, test_labels = np.random.default_rng(0), np.repeat([0, 1, 2], 20), np.repeat([0, 1, 2], 30)
    separated = 20 * np.eye(3)[labels] + generator.normal(size=(60, 3))
    train, test = ({"hidden_2": points, "logits": points} for points in (separated, generator.normal(size=(90, 3))))
    rows = errors.draw_training_images(train, labels, test, test_labels, 5)
    accuracy, silhouette = rows[:2]
    assert accuracy.wrong.value == 1 > 0.6 > accuracy.right.value
    assert silhouette.wrong.value > 0.8 > 0.1 > silhouette.right.value


def test_mean_pixel_includes_validation_images():
    train, valid = np.zeros((30, 1, 2, 2), np.uint8), np.full((10, 1, 2, 2), 255, np.uint8)
    row = errors.include_validation_pixels(train, valid)
    assert values(row) == [0.25, 0, 0.25]
    assert row.change[1:3] == (0.25, 0.25)  # all images of a part are the same


def test_loss_of_the_rounded_probability_is_the_reported_one():
    wrong, right, _ = values(errors.round_the_probability())
    assert wrong == pytest.approx(4.154, abs=5e-4)
    assert right == pytest.approx(math.log(math.e**5 + 9 * math.e) - 1)
