"""Where pictures lie: none hides another, and what the reader looks for has the first choice of place."""

import numpy as np

from vision.figures.placement import OUTLIER, TYPICAL, WIDTH, WRONG, among_others, lay_out, place_pictures


def clusters():
    """Points of three classes apart."""
    labels = np.arange(90) % 3
    return np.random.default_rng(0).normal(size=(90, 2)) + 8 * np.array([[0, 0], [1, 0], [0, 1]])[labels], labels


def crowd(size=600, shape=(20, 24)):
    """More pictures than fit, of every kind; the misclassified are larger."""
    generator = np.random.default_rng(0)
    where = generator.uniform(2, np.array(shape) - 2, (size, 2))
    kinds = generator.choice([WRONG, OUTLIER, TYPICAL], size, p=[0.05, 0.1, 0.85])
    sizes = np.where(kinds == WRONG, 2, 1)[:, None].repeat(2, axis=1)
    return where, sizes, kinds, np.array([4, 1, 0])[kinds], np.zeros(shape, bool)


def test_no_two_pictures_share_a_cell_and_none_covers_what_was_covered():
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
    assert (corners[:, 0] >= 0).sum() > 100


def test_a_picture_is_no_further_from_its_point_than_it_may_be():
    where, sizes, kinds, reach, covered = crowd()
    corners = place_pictures(where, sizes, kinds, reach, covered)
    shown = corners[:, 0] >= 0
    away = np.abs(corners + sizes / 2 - where).max(1)
    assert (away <= reach + 0.5)[shown].all()
    assert (away > 0.5)[shown & (kinds == WRONG)].any()  # some did move


def test_the_misclassified_choose_first_and_the_order_of_images_alone_changes_nothing():
    where, sizes, kinds, reach, covered = crowd()
    corners = place_pictures(where, sizes, kinds, reach, covered)
    few = kinds == WRONG
    alone = place_pictures(where[few], sizes[few], kinds[few], reach[few], covered)
    np.testing.assert_array_equal(corners[few], alone)
    mixed = np.random.default_rng(1).permutation(len(where))
    again = place_pictures(where[mixed], sizes[mixed], kinds[mixed], reach[mixed], covered)
    np.testing.assert_array_equal(again, corners[mixed])


def test_of_equals_the_one_nearest_to_the_middle_of_a_cell_is_shown():
    where = np.array([[3.9, 3.9], [3.5, 3.4], [3.1, 3.5]])
    corners = place_pictures(where, np.ones((3, 2), int), np.full(3, TYPICAL), np.zeros(3, int), np.zeros((6, 6), bool))
    np.testing.assert_array_equal(corners, [[-1, -1], [3, 3], [-1, -1]])


def test_a_point_in_the_wrong_cluster_is_among_others():
    points, labels = clusters()
    labels[3] = 1
    np.testing.assert_array_equal(np.flatnonzero(among_others(points, labels)), [3])


def test_names_and_pictures_lie_apart_within_the_canvas_and_the_key_below_them():
    points, labels = clusters()
    guesses = np.where(np.arange(90) < 4, (labels + 1) % 3, labels)
    layout = lay_out(points, (90, 1, 10, 10), labels, guesses, ["ship", "automobile", "cat"])
    count = np.zeros((layout.bottom, WIDTH), int)
    for _, top, left, height, width in layout.names + layout.pictures + layout.key:
        assert min(top, left) >= 0
        assert top + height <= layout.bottom
        assert left + width <= WIDTH
        count[top : top + height, left : left + width] += 1
    assert count.max() == 1
    assert [box.of for box in layout.names] == [0, 1, 2]
    assert {0, 1, 2, 3} <= {box.of for box in layout.pictures}
    assert [layout.kinds[box.of] for box in layout.key] == [TYPICAL, WRONG]
    assert min(box.top for box in layout.key) > max(box.top + box.height for box in layout.pictures)


def test_a_name_wider_than_the_map_is_left_out():
    points, labels = clusters()
    layout = lay_out(points, (90, 1, 10, 10), labels, labels, ["ship", "x" * 200, "cat"])
    assert [box.of for box in layout.names] == [0, 2]
