"""Document 002's errors with what it takes from ResNet-18 (B2.1 to B2.8)."""

import numpy as np
import pytest

from tests.document_errors.conftest import values
from vision.document_errors import document_002 as errors
from vision.scores.estimate import Estimate
from vision.scores.intervals import wilson_interval


def test_shuffled_labels_are_at_chance(generator):
    labels = np.repeat(np.arange(4), 50)
    row = errors.shuffle_labels(20 * np.eye(4)[labels] + generator.normal(size=(200, 4)), labels, 5, seed=0)
    assert row.right.value == 1
    assert row.wrong.value == pytest.approx(1 / 4, abs=0.12)


def test_count_copies_counts_equal_columns_once(generator):
    maxima = generator.random((30, 8))
    row = errors.count_copies(np.concatenate([maxima, maxima], axis=1))
    assert values(row) == [16, 8, 8]
    assert errors.count_copies(np.concatenate([maxima, maxima / 2], axis=1)).right.value == 16


def test_softmax_hides_classes_with_smaller_logits(generator):
    """Two classes differ in one logit; where another is much larger, their probabilities are 0 in both."""
    logits, labels = np.zeros((80, 3)), np.repeat([0, 1], 40)
    logits[:, 0], logits[:, 1] = 800, 8 * labels + generator.normal(size=80)
    accuracy, silhouette = errors.draw_probabilities(logits, labels, 5)
    assert accuracy.right.value > 0.95 > 0.8 > accuracy.wrong.value
    assert silhouette.right.value > 0.5
    assert silhouette.change.value == pytest.approx(silhouette.wrong.value - silhouette.right.value)


def test_other_images_are_compared_as_independent_and_the_same_as_paired():
    network, baseline = np.arange(1000) < 980, np.arange(1000) < 800
    row = errors.evaluate_on_other_images(network, baseline, Estimate(0.7, *wilson_interval(350, 500), 500))
    assert values(row) == pytest.approx([0.28, 0.18, 0.10])
    assert row.wrong.high - row.wrong.low > row.right.high - row.right.low
