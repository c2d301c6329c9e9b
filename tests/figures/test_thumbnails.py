"""Maps of small images: any number of them is drawn, the same every time, and as the images are."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from vision.figures.placement import WIDTH
from vision.figures.thumbnails import draw_thumbnails

NAMES = ["ship", "automobile", "cat"]


def clusters(size, channels=1, side=10, wrong=0):
    """Points of three classes apart, noise for images, and the first images misclassified."""
    generator = np.random.default_rng(0)
    labels = np.arange(size) % 3
    points = generator.normal(size=(size, 2)) + 8 * np.array([[0, 0], [1, 0], [0, 1]])[labels]
    guesses = np.where(np.arange(size) < wrong, (labels + 1) % 3, labels)
    return points, generator.integers(0, 256, (size, channels, side, side), np.uint8), labels, guesses


def drawn(path, *arguments):
    draw_thumbnails(path, *arguments)
    with Image.open(path) as picture:
        assert (picture.format, picture.width) == ("PNG", WIDTH)
    return path.read_bytes()


@pytest.mark.parametrize(("size", "wrong", "channels"), [(12, 0, 1), (12, 2, 3), (300, 9, 3), (300, 200, 1)])
def test_few_images_or_many_mistakes_are_drawn_the_same_every_time(size, wrong, channels, tmp_path):
    case = clusters(size, channels, wrong=wrong)
    assert drawn(tmp_path / "a.png", *case, NAMES, "title") == drawn(tmp_path / "b.png", *case, NAMES, "title")


def test_without_guesses_it_is_as_without_mistakes(tmp_path):
    points, images, labels, _ = clusters(60)
    case = points, images, labels
    assert drawn(tmp_path / "a.png", *case, None, NAMES, "") == drawn(tmp_path / "b.png", *case, labels, NAMES, "")


@pytest.mark.parametrize(
    "points", [np.zeros((20, 2)), np.arange(20)[:, None] * [1, 0], np.arange(20)[:, None] * [0, 1]]
)
def test_identical_points_and_points_in_a_line_can_be_drawn(points, tmp_path):
    _, images, labels, guesses = clusters(20, wrong=3)
    drawn(tmp_path / "a.png", points, images, labels, guesses, NAMES, "title")


def test_only_classes_that_occur_are_named_and_every_picture_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(plt, "close", lambda canvas: None)
    points, images, labels, guesses = clusters(90, wrong=4)
    kept = labels != 1
    draw_thumbnails(tmp_path / "a.png", points[kept], images[kept], labels[kept], guesses[kept], NAMES, "title")
    texts = [text.get_text() for text in plt.gcf().axes[0].texts]
    monkeypatch.undo()
    plt.close("all")
    assert {"ship", "cat"} < set(texts)
    assert "automobile" not in texts
    assert "3 of 3 misclassified" in texts[-1]
    assert texts[-1].startswith("60 of 60 images")


def test_pixels_of_images_are_pixels_of_the_figure(tmp_path):
    """A chequered image is found as it is, so nothing was resampled, and its paper is white."""
    points, images, labels, _ = clusters(12, channels=3, side=32)
    images[:] = np.indices((32, 32)).sum(0) % 2 * 255
    draw_thumbnails(tmp_path / "a.png", points, images, labels, None, NAMES, "title")
    with Image.open(tmp_path / "a.png") as picture:
        colours = picture.convert("RGB").getcolors(256)
    counts = {colour: count for count, colour in colours}
    assert max(counts, key=counts.get) == (255, 255, 255)
    assert counts[0, 0, 0] >= 12 * 32 * 32 / 2
