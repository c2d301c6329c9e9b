"""Maps of small images: they lie apart and near their points, and their pixels are not resampled."""

import numpy as np
import pytest
from PIL import Image

from vision.figures.thumbnails import (
    COLOURS,
    WIDTH,
    assign_blocks,
    choose_grid,
    draw_thumbnails,
    paint_tile,
)

NAMES = ["ship", "automobile", "cat"]


def clusters(size=90, channels=1, side=14, wrong=0):
    """Points of three classes apart, noise for images, labels, and predictions that are wrong for the first images."""
    generator = np.random.default_rng(0)
    labels = np.arange(size) % 3
    points = generator.normal(size=(size, 2)) + 8 * np.array([[0, 0], [1, 0], [0, 1]])[labels]
    predicted = np.where(np.arange(size) < wrong, (labels + 1) % 3, labels)
    return points, generator.integers(0, 256, (size, channels, side, side), np.uint8), labels, predicted


def test_assign_blocks_overlaps_nothing_stays_near_and_is_the_best_assignment():
    places, free = np.random.default_rng(0).uniform(2, 18, (300, 2)), np.ones((20, 24), bool)
    free[5:8, 3:12] = False
    before = free.copy()
    assigned = assign_blocks(places, free, (2, 2), 2.5)
    count = np.zeros(free.shape, int)
    for i, (top, left) in assigned:
        count[top : top + 2, left : left + 2] += 1
        assert np.linalg.norm(places[i] - (top + 1, left + 1)) < 2.5
    assert count.max() == 1
    assert len(assigned) > 50
    np.testing.assert_array_equal(free, before & (count == 0))
    assert not count[~before].any()


def test_choose_grid_keeps_the_points_shape_and_direction_within_the_page():
    points, images, *_ = clusters()
    pitch, free, places = choose_grid(points, images.shape)
    assert free.shape[1] * pitch <= WIDTH
    assert (places >= 2 - 1e-9).all()
    assert (places <= np.array(free.shape) - 1).all()
    for axis, column, sign in ((0, 1, 1), (1, 0, -1)):  # to the right, and up, as in the embedding
        assert np.corrcoef(points[:, axis], places[:, column])[0, 1] == pytest.approx(sign)
    assert np.ptp(places[:, 0]) / np.ptp(places[:, 1]) == pytest.approx(np.ptp(points[:, 1]) / np.ptp(points[:, 0]))


@pytest.mark.parametrize(("predicted", "strip", "times"), [(0, 22, 4), (1, 0, 4), (1, 22, 2)])
def test_paint_tile_shows_the_pixels_of_the_image_enlarged_by_a_whole_number(predicted, strip, times):
    image = np.indices((10, 10)).sum(0).astype(np.uint8)[None].repeat(3, 0) * 10
    tile = paint_tile(image, 50, 0, predicted, strip)
    assert tile.shape == (50, 50, 4)
    shown = {tuple(np.round(pixel[:3] * 255).astype(int)) for pixel in tile.reshape(-1, 4)}
    assert {(10 * value,) * 3 for value in range(15)} <= shown
    assert (np.round(tile[..., 0] * 255) == 90).sum() >= 9 * times**2
    of_prediction = (np.abs(tile[..., :3] - COLOURS[1]) < 1e-6).all(-1)
    assert of_prediction.any() == (predicted == 1)


@pytest.mark.parametrize(("size", "wrong", "spread"), [(200, 150, 1), (20, 3, 0)])
def test_draw_thumbnails_takes_many_errors_and_equal_points(size, wrong, spread, canvas_of):
    points, *parts = clusters(size, 1 if size > 50 else 3, wrong=wrong)
    canvas_of(draw_thumbnails, points * spread, *parts, NAMES, "title")


def test_pixels_of_photographs_are_pixels_of_the_figure(tmp_path):
    """A chequered image keeps its two colours, so nothing was resampled, and the paper is white."""
    points, images, labels, _ = clusters(12, channels=3, side=32)
    images[:] = np.indices((32, 32)).sum(0) % 2 * 255
    draw_thumbnails(tmp_path / "a.png", points, images, labels, labels, NAMES, "title")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == WIDTH
        colours = picture.convert("RGB").getcolors(256)
    counts = {colour: count for count, colour in colours}
    assert max(counts, key=counts.get) == (255, 255, 255)
    assert counts[0, 0, 0] >= 12 * 32 * 32 / 2
