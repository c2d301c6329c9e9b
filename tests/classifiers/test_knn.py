"""K nearest neighbours: votes worked by hand."""

import numpy as np
import pytest

from vision.classifiers.knn import NearestNeighbours
from vision.pipeline.errors import UserError


def fitted(pixels, labels, neighbours):
    classifier = NearestNeighbours(neighbours=neighbours, seed=0, threads=1)
    classifier.fit(pixels, labels)
    return classifier


def test_a_neighbours_vote_weighs_the_inverse_of_its_distance():
    pixels, labels = np.array([[0.0], [3.0], [9.0]]), np.array([0, 1, 1])
    logits = fitted(pixels, labels, 2).logits(np.array([[1.0]]))
    # At distances 1 and 2, votes of 2/3 and 1/3; two voters, and a third that is spread.
    np.testing.assert_allclose(np.exp(logits), [[(2 * 2 / 3 + 1 / 2) / 3, (2 / 3 + 1 / 2) / 3]])


def test_more_neighbours_than_images_are_the_users_error(digits):
    pixels, labels = digits[:2]
    assert fitted(pixels[:5], labels[:5], 5)
    with pytest.raises(UserError, match="neighbours is 5: must be at most 4"):
        fitted(pixels[:4], labels[:4], 5)


def test_it_keeps_every_training_image(digits):
    pixels, labels = digits[:2]
    assert fitted(pixels, labels, 5).n_parameters == len(pixels) * 64
