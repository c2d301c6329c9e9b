"""Maps of small images: pictures lie apart and near their points, mistakes come first, pixels are not resampled."""

import numpy as np
import pytest
from PIL import Image

from vision.figures.placement import OUTLIER, TYPICAL, WIDTH, WRONG, among_others, lay_out, place_pictures
from vision.figures.thumbnails import draw_thumbnails

NAMES = ["ship", "automobile", "cat"]


def clusters(size=90, channels=1, side=10, wrong=0):
    """Points of three classes apart, noise for images, labels, and guesses that are wrong for the first images."""
    generator = np.random.default_rng(0)
    labels = np.arange(size) % 3
    points = generator.normal(size=(size, 2)) + 8 * np.array([[0, 0], [1, 0], [0, 1]])[labels]
    guesses = np.where(np.arange(size) < wrong, (labels + 1) % 3, labels)
    return points, generator.integers(0, 256, (size, channels, side, side), np.uint8), labels, guesses


def crowd(size=600, shape=(20, 24)):
    """More pictures than fit, of every kind; the misclassified are larger."""
    generator = np.random.default_rng(0)
    where = generator.uniform(2, np.array(shape) - 2, (size, 2))
    kinds = generator.choice([WRONG, OUTLIER, TYPICAL], size, p=[0.05, 0.1, 0.85])
    sizes = np.where(kinds == WRONG, 2, 1)[:, None].repeat(2, axis=1)
    return where, sizes, kinds, np.array([4, 1, 0])[kinds], np.zeros(shape, bool)


def test_place_pictures_overlaps_nothing_and_stays_near_the_points():
    where, sizes, kinds, reach, covered = crowd()
    covered[5:8, 3:12] = True
    corners, before = place_pictures(where, sizes, kinds, reach, covered), covered.copy()
    count = covered.astype(int)
    for (top, left), (height, width) in zip(corners, sizes, strict=True):
        if top >= 0:
            assert top + height <= 20
            assert 0 <= left <= 24 - width
            count[top : top + height, left : left + width] += 1
    assert count.max() == 1
    assert (covered == before).all()
    shown = corners[:, 0] >= 0
    assert shown.sum() > 100
    away = np.abs(corners + sizes / 2 - where).max(1)
    assert (away <= reach + 0.5)[shown].all()
    assert (away > 0.5)[shown & (kinds == WRONG)].any()  # some did move


def test_place_pictures_serves_the_misclassified_first_in_any_order_of_images():
    where, sizes, kinds, reach, covered = crowd()
    corners = place_pictures(where, sizes, kinds, reach, covered)
    few = kinds == WRONG
    alone = place_pictures(where[few], sizes[few], kinds[few], reach[few], covered)
    np.testing.assert_array_equal(corners[few], alone)
    mixed = np.random.default_rng(1).permutation(len(where))
    again = place_pictures(where[mixed], sizes[mixed], kinds[mixed], reach[mixed], covered)
    np.testing.assert_array_equal(again, corners[mixed])
    # Of equals the one nearest to the middle of a cell is shown.
    where, ones = np.array([[3.9, 3.9], [3.5, 3.4], [3.1, 3.5]]), np.ones((3, 2), int)
    corners = place_pictures(where, ones, np.full(3, TYPICAL), np.zeros(3, int), np.zeros((6, 6), bool))
    np.testing.assert_array_equal(corners, [[-1, -1], [3, 3], [-1, -1]])


def test_among_others_finds_a_point_in_the_wrong_cluster():
    points, _, labels, _ = clusters()
    labels[3] = 1
    np.testing.assert_array_equal(np.flatnonzero(among_others(points, labels)), [3])


def test_lay_out_keeps_names_pictures_and_key_apart_within_the_canvas():
    points, images, labels, guesses = clusters(wrong=4)
    layout = lay_out(points, images.shape, labels, guesses, NAMES)
    count = np.zeros((layout.bottom, WIDTH), int)
    for _, top, left, height, width in layout.names + layout.pictures + layout.key:
        assert min(top, left) >= 0
        assert top + height <= layout.bottom
        assert left + width <= WIDTH
        count[top : top + height, left : left + width] += 1
    assert count.max() == 1
    assert [box.of for box in layout.names] == [0, 1, 2]
    for axis, column, sign in ((0, 1, 1), (1, 0, -1)):  # to the right, and up, as in the embedding
        assert np.corrcoef(points[:, axis], layout.where[:, column])[0, 1] == pytest.approx(sign)
    assert {0, 1, 2, 3} <= {box.of for box in layout.pictures}
    assert [layout.kinds[box.of] for box in layout.key] == [TYPICAL, WRONG]
    assert min(box.top for box in layout.key) > max(box.top + box.height for box in layout.pictures)
    too_wide = lay_out(points, images.shape, labels, labels, ["ship", "x" * 200, "cat"])
    assert [box.of for box in too_wide.names] == [0, 2]


@pytest.mark.parametrize(("size", "wrong", "spread"), [(12, 2, 1), (200, 150, 1), (20, 3, [0, 1]), (20, 3, 0)])
def test_draw_thumbnails_takes_few_images_many_mistakes_and_points_in_a_line(size, wrong, spread, canvas_of):
    points, *parts = clusters(size, 1 if size > 50 else 3, wrong=wrong)
    canvas_of(draw_thumbnails, points * spread, *parts, NAMES, "title")


def test_draw_thumbnails_names_classes_that_occur_and_counts_every_picture(canvas_of):
    points, images, labels, guesses = clusters(wrong=4)
    kept = labels != 1
    parts = points[kept], images[kept], labels[kept]
    texts = [t.get_text() for t in canvas_of(draw_thumbnails, *parts, guesses[kept], NAMES, "title").axes[0].texts]
    assert {"ship", "cat"} < set(texts)
    assert "automobile" not in texts
    assert "3 of 3 misclassified" in texts[-1]
    assert texts[-1].startswith("60 of 60 images")


def test_pixels_of_images_are_pixels_of_the_figure(tmp_path):
    """A chequered image keeps its two colours, so nothing was resampled, and the paper is white."""
    points, images, labels, _ = clusters(12, channels=3, side=32)
    images[:] = np.indices((32, 32)).sum(0) % 2 * 255
    draw_thumbnails(tmp_path / "a.png", points, images, labels, None, NAMES, "title")
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width == WIDTH
        colours = picture.convert("RGB").getcolors(256)
    counts = {colour: count for count, colour in colours}
    assert max(counts, key=counts.get) == (255, 255, 255)
    assert counts[0, 0, 0] >= 12 * 32 * 32 / 2
