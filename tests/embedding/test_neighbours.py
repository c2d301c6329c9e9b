"""Nearest neighbours: against brute force, and cases with a known answer."""

import numpy as np
import pytest

from vision.embedding.neighbours import nearest, neighbour_recall, pixel_distance_ratio, vote
from vision.pipeline.errors import UserError


def test_nearest_matches_brute_force_and_excludes_the_row_itself(generator):
    points = generator.normal(size=(60, 5)).astype(np.float32)
    points[:15] = points[0]
    found = nearest(points, 4)
    distances = np.linalg.norm(points[:, None] - points.astype(float), axis=2)
    np.fill_diagonal(distances, np.inf)
    np.testing.assert_allclose(np.take_along_axis(distances, found, 1), np.sort(distances, 1)[:, :4], atol=1e-6)
    assert all(len({row, *near}) == 5 for row, near in enumerate(found))
    with pytest.raises(UserError, match="must be below"):
        nearest(points[:5], 5)


def test_neighbour_recall_counts_shared_neighbours_in_any_order():
    high = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [1, 2, 3, 4]])
    low = np.array([[4, 3, 2, 1], [1, 2, 3, 4], [9, 2, 8, 7]])
    assert neighbour_recall(high, low).tolist() == [1, 0, 0.25]


def test_vote_takes_the_majority_and_the_lowest_of_equals():
    assert vote(np.array([[0, 1, 2], [2, 1, 4], [0, 1, 1]]), np.array([2, 1, 2, 0, 3])).tolist() == [2, 1, 1]


def test_pixel_distance_ratio_is_1_for_random_images_and_0_for_copies(generator):
    images, labels = generator.integers(0, 256, (400, 1, 8, 8), np.uint8), np.repeat([0, 1], 200)
    drawn = np.array([generator.choice(np.flatnonzero(labels == label), 8) for label in labels])
    assert pixel_distance_ratio(images, labels, drawn, seed=0).mean() == pytest.approx(1, abs=0.02)
    images[1::2] = images[::2]
    copies = np.repeat(np.arange(400)[:, None] ^ 1, 8, axis=1)
    assert (pixel_distance_ratio(images, labels, copies, seed=0) == 0).all()
    single = np.array([[1, 2], [0, 2], [0, 1]])
    assert pixel_distance_ratio(images[:3], np.arange(3), single, seed=0).tolist() == [1, 1, 1]
