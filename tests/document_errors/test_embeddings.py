"""Document 000's mistakes with features (B0.1 to B0.3), on features small enough to be computed by hand."""

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.document_errors.embeddings import fill_with_test_images, skip_the_nearest, tap_before_the_activation
from vision.embedding.neighbours import nearest

LABELS = np.array([0, 1, 0])


def test_fill_with_test_images_lets_every_image_find_itself():
    features = np.array([[0.0], [10.0], [20.0]])
    found = fill_with_test_images(features, LABELS, np.array([[1.0], [9.0], [19.0]]), np.array([0, 1, 1]))
    assert (found["bug"], found["wrong"], found["right"]) == ("B0.1", 1, pytest.approx(2 / 3))
    assert found["change"] == pytest.approx(1 / 3)


def test_skip_the_nearest_matches_the_line_of_the_document():
    points = np.random.default_rng(0).normal(size=(40, 3))
    labels, k = (points[:, 0] > 0).astype(int), 4
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    documents = np.array([np.argsort(row)[k:][:k] for row in distances])  # the image itself is the first
    meant = np.array([np.argsort(row)[1 : k + 1] for row in distances])
    images = np.zeros((40, 1, 2, 2), np.uint8)
    found = skip_the_nearest(nearest(points, 2 * k - 1), Samples(images, labels, np.arange(40)), seed=0)
    every, some, _ = found
    for name, shown in (("wrong", documents), ("right", meant)):
        same = labels[shown] == labels[:, None]
        assert every[name] == pytest.approx(same.all(1).mean())
        assert some[name] == pytest.approx(same.mean())
    assert some["right"] > some["wrong"]


def test_skip_the_nearest_leaves_out_the_most_similar_images():
    """Three images of class 0 at 0, 1 and 9, for k = 2, and two of class 1: neighbours over any random other one."""
    values = np.array([0, 1, 9, 100, 104])
    samples = Samples(values[:, None, None, None].astype(np.uint8), np.array([0, 0, 0, 1, 1]), np.arange(5))
    near = np.array([[1, 2, 3], [0, 2, 3], [1, 0, 3], [4, 2, 1], [3, 2, 1]])
    every, some, alike = skip_the_nearest(near, samples, seed=0)
    assert (every["wrong"], every["right"]) == (0, pytest.approx(3 / 5))
    assert (some["wrong"], some["right"]) == (pytest.approx(1.5 / 5), pytest.approx((3 + 0.5 + 0.5) / 5))
    # Of class 1 any random other image is the one at distance 4: rightly 4 and 91 or 95 away, wrongly 91 to 103.
    assert alike["wrong"] - alike["right"] == pytest.approx(alike["change"])
    assert alike["right"] < alike["wrong"]


def test_features_before_the_activation_change_the_accuracy_of_the_last_layer():
    before = np.array([[-5.0, 1.0], [-4.0, 2.0], [3.0, -9.0], [4.0, -8.0]])
    last = np.array([[1.0, 1.0], [0.0, 0.0]]), np.array([0.0, 0.5])  # names 0 where the features sum to more than 0.5
    labels = np.array([0, 0, 0, 0])
    accuracy, same = tap_before_the_activation(before, np.maximum(before, 0), last, labels, count=1)
    assert (accuracy["wrong"], accuracy["right"], accuracy["change"]) == (0, 1, -1)
    assert (same["wrong"], same["right"]) == (1, 1)


def test_features_before_the_activation_have_other_neighbours():
    before = np.array([[1.0, -9.0], [1.1, 0.0], [5.0, -9.0], [5.1, 0.0]])  # after it, pairs of one first number
    last = np.eye(2), np.zeros(2)
    _, same = tap_before_the_activation(before, np.maximum(before, 0), last, np.array([0, 0, 1, 1]), count=1)
    assert (same["wrong"], same["right"], same["change"]) == (0, 1, -1)
