"""Layers drawn of augmented training images in place of test images (B1.3)."""

import numpy as np
import pytest

from tests.trainings import recipe
from vision.data.dataset import Samples
from vision.document_errors.separation import augment, draw_augmented_training_images

LABELS = np.repeat([0, 1, 2], 20)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def test_augment_moves_images_by_seed_and_keeps_labels(generator):
    images = generator.integers(0, 256, (6, 1, 8, 8), np.uint8)
    samples = Samples(images, np.arange(6), np.arange(6) + 7)
    still = augment(samples, recipe(lr=1, epochs=1, batch_size=1), seed=0)
    assert still.scale == 1
    np.testing.assert_allclose(still.inputs, images / 255, rtol=1e-6)
    moved, again, other = (
        augment(samples, recipe(lr=1, epochs=1, batch_size=1, shift_pixels=3), seed) for seed in (0, 0, 1)
    )
    assert np.array_equal(moved.inputs, again.inputs)
    assert not np.allclose(moved.inputs, other.inputs)
    assert not np.allclose(moved.inputs, still.inputs)
    assert np.array_equal(moved.labels, samples.labels)
    assert np.array_equal(moved.indices, samples.indices)


def test_training_and_test_images_are_measured_separately(generator):
    apart = 20 * np.eye(3)[LABELS] + generator.normal(size=(60, 3))
    mixed = generator.normal(size=(90, 3))
    test_labels = np.repeat([0, 1, 2], 30)
    layers = [{"hidden_2": points, "logits": points} for points in (apart, mixed)]
    found = draw_augmented_training_images(layers[0], LABELS, layers[1], test_labels, 5)
    assert [row["at"] for row in found] == ["hidden 2", "hidden 2", "logits", "logits"]
    accuracy, silhouette = found[:2]
    assert accuracy["wrong"] == 1
    assert accuracy["right"] < 0.6
    assert silhouette["wrong"] > 0.8 > 0.1 > silhouette["right"]
    assert accuracy["sample"] == "60 training images, 90 test images"
    for found in (accuracy, silhouette):
        assert found["change"] == pytest.approx(found["wrong"] - found["right"])
