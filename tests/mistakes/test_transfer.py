"""Document 002's mistakes with what it takes from ResNet-18."""

import numpy as np
import pytest

from vision.mistakes.rows import Measured, share
from vision.mistakes.transfer import (
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


def test_labels_of_another_order_tell_nothing(generator):
    found = lose_the_order_of_labels(20 * np.eye(4)[LABELS] + generator.normal(size=(200, 4)), LABELS, 5, seed=0)
    assert found["right"] == 1
    assert found["wrong"] == pytest.approx(1 / 4, abs=0.12)  # four classes, by chance


def test_raw_images_are_judged_by_the_raw_images_logits():
    raw, normalised = np.eye(2)[[0, 0, 0, 0]], np.eye(2)[[0, 1, 1, 1]]
    found = forget_to_normalise(raw, normalised, np.array([0, 1, 1, 0]))
    assert (found["wrong"], found["right"], found["change"]) == (0.5, 0.75, -0.25)


def test_copies_count_once(generator):
    maxima = generator.random((30, 8))
    found = count_copies(np.concatenate([maxima, maxima], axis=1))
    assert (found["wrong"], found["right"], found["change"]) == (16, 8, 8)
    assert count_copies(np.concatenate([maxima, maxima / 2], axis=1))["right"] == 16


def test_a_softmax_presses_what_is_sure_into_one_point(generator):
    """Two classes that other logits tell apart than the one beside which, in the probabilities, the others are 0."""
    logits = np.zeros((80, 3))
    logits[:, 0], labels = 800, np.repeat([0, 1], 40)
    logits[:, 1] = 8 * labels + generator.normal(size=80)
    accuracy, silhouette = draw_probabilities(logits, labels, 5)
    assert accuracy["right"] > 0.95 > 0.8 > accuracy["wrong"]
    assert silhouette["right"] > 0.5
    assert silhouette["change"] == pytest.approx(silhouette["wrong"] - silhouette["right"])


def test_the_baseline_is_put_beside_the_network_on_the_same_images():
    network, baseline = np.arange(1000) < 980, np.arange(1000) < 800
    found = judge_on_other_images(network, baseline, Measured(0.7, *wilson_interval(350, 500)), 500)
    assert (found["wrong"], found["right"], found["change"]) == tuple(pytest.approx(x) for x in (0.28, 0.18, 0.10))
    assert found["wrong_high"] - found["wrong_low"] > found["right_high"] - found["right_low"]
    assert share(network).value == 0.98
