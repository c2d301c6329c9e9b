"""Document 002's mistakes with what it takes from ResNet-18 (B2.1 to B2.8)."""

import numpy as np
import pytest

from vision.document_errors.rows import Measured, share
from vision.document_errors.transfer import (
    count_copies,
    draw_probabilities,
    forget_to_normalise,
    judge_on_other_images,
    lose_the_order_of_labels,
)
from vision.scores.intervals import wilson_interval

LABELS = np.repeat(np.arange(4), 50)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def test_labels_in_another_order_are_at_chance(generator):
    found = lose_the_order_of_labels(20 * np.eye(4)[LABELS] + generator.normal(size=(200, 4)), LABELS, 5, seed=0)
    assert found["right"] == 1
    assert found["wrong"] == pytest.approx(1 / 4, abs=0.12)  # four classes, by chance


def test_forget_to_normalise_compares_the_logits_of_raw_images():
    raw, normalised = np.eye(2)[[0, 0, 0, 0]], np.eye(2)[[0, 1, 1, 1]]
    found = forget_to_normalise(raw, normalised, np.array([0, 1, 1, 0]))
    assert (found["wrong"], found["right"], found["change"]) == (0.5, 0.75, -0.25)


def test_count_copies_counts_equal_columns_once(generator):
    maxima = generator.random((30, 8))
    found = count_copies(np.concatenate([maxima, maxima], axis=1))
    assert (found["wrong"], found["right"], found["change"]) == (16, 8, 8)
    assert count_copies(np.concatenate([maxima, maxima / 2], axis=1))["right"] == 16


def test_softmax_hides_classes_beside_a_confident_one(generator):
    """Two classes differ in one logit; beside the largest logit their probabilities are 0 in both."""
    logits = np.zeros((80, 3))
    logits[:, 0], labels = 800, np.repeat([0, 1], 40)
    logits[:, 1] = 8 * labels + generator.normal(size=80)
    accuracy, silhouette = draw_probabilities(logits, labels, 5)
    assert accuracy["right"] > 0.95 > 0.8 > accuracy["wrong"]
    assert silhouette["right"] > 0.5
    assert silhouette["change"] == pytest.approx(silhouette["wrong"] - silhouette["right"])


def test_judge_on_other_images_pairs_network_and_baseline_on_the_same_images():
    network, baseline = np.arange(1000) < 980, np.arange(1000) < 800
    found = judge_on_other_images(network, baseline, Measured(0.7, *wilson_interval(350, 500)), 500)
    assert (found["wrong"], found["right"], found["change"]) == tuple(pytest.approx(x) for x in (0.28, 0.18, 0.10))
    assert found["wrong_high"] - found["wrong_low"] > found["right_high"] - found["right_low"]
    assert share(network).value == 0.98
