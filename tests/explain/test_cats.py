"""Pictures of what a network never saw: which they are, their sizes, and one line for a class that is not there."""

import numpy as np
import pytest
from PIL import Image

from vision.data.dataset import Samples
from vision.explain.cats import (
    as_bytes,
    as_samples,
    class_number,
    collect_pictures,
    draw_class,
    grey_noise,
    photograph,
    resized,
)
from vision.pipeline.errors import UserError


def colour_images(count=6, channels=3, side=32):
    values = np.random.default_rng(0).integers(0, 256, (count, channels, side, side), np.uint8)
    return Samples(values, np.arange(count) % 2, 100 + np.arange(count))


def test_a_class_is_found_by_its_name_or_the_names_are_told():
    assert class_number(["dog", "cat"], "cat", "a.b") == 1
    with pytest.raises(UserError, match=r"^a\.b is 'cat': should be one of 0, 1, the classes of its data$"):
        class_number(["0", "1"], "cat", "a.b")


def test_samples_of_one_class_are_drawn_once_each_by_the_seed():
    samples = colour_images(40)
    drawn, again, other = (draw_class(samples, 1, 8, seed) for seed in (0, 0, 1))
    assert set(drawn.labels) == {1}
    assert len(set(drawn.indices)) == 8
    np.testing.assert_array_equal(drawn.indices, again.indices)
    assert not np.array_equal(drawn.indices, other.indices)
    assert len(draw_class(samples, 1, 99, 0)) == 20


def test_the_photograph_is_the_middle_square_of_a_colour_picture():
    cat = photograph()
    assert (cat.shape, cat.dtype) == ((1, 3, 300, 300), np.uint8)
    assert cat[0, 0].mean() > cat[0, 2].mean() + 20  # a ginger cat


@pytest.mark.parametrize("side", [8, 28, 96])
def test_a_resized_image_is_as_pillow_makes_it_but_for_rounding(side):
    cat = photograph()
    small = resized(cat, side)
    assert (small.shape, small.dtype) == ((1, 3, side, side), np.float32)
    theirs = np.array(Image.fromarray(cat[0].transpose(1, 2, 0)).resize((side, side), Image.Resampling.BILINEAR))
    assert np.abs(255 * small[0] - theirs.transpose(2, 0, 1)).max() < 2


def test_an_image_that_has_the_size_stays_and_grey_becomes_three_equal_channels():
    grey = colour_images(channels=1).inputs
    found = resized(grey, 32)
    assert found.shape == (6, 3, 32, 32)
    for channel in range(3):
        np.testing.assert_allclose(255 * found[:, channel], grey[:, 0], atol=1e-3)
    np.testing.assert_array_equal(as_bytes(found)[:, 0], grey[:, 0])


def test_noise_fills_the_levels_up_to_below_the_second():
    noise = grey_noise(64, 150, 180, 0)
    assert (noise.shape, noise.dtype) == ((1, 3, 64, 64), np.float32)
    assert set(as_bytes(noise).ravel()) == set(range(150, 180))
    assert not np.array_equal(noise[0, 0], noise[0, 1])
    np.testing.assert_array_equal(noise, grey_noise(64, 150, 180, 0))


def test_all_pictures_come_in_both_sizes_with_their_names_and_indices():
    strangers = colour_images(2)
    pictures = collect_pictures(strangers, (48, 16), (10, 20), 0)
    assert pictures.names == ["chelsea", "stranger_1", "stranger_2", "noise"]
    assert pictures.indices.tolist() == [-1, 100, 101, -1]
    for images, side in ((pictures.large, 48), (pictures.small, 16)):
        assert images.shape == (4, 3, side, side)
        np.testing.assert_array_equal(images[:1], resized(photograph(), side))
        np.testing.assert_array_equal(images[1:3], resized(strangers.inputs, side))
        np.testing.assert_array_equal(images[3:], grey_noise(side, 10, 20, 0))


def test_float_images_are_not_scaled_again():
    samples = as_samples(np.ones((2, 3, 4, 4), np.float32))
    assert (len(samples), samples.scale) == (2, 1.0)
