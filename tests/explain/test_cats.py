"""Pictures of classes that a network never saw: their selection, sizes and value ranges."""

import numpy as np
import pytest
from PIL import Image

from vision.data.dataset import Samples
from vision.explain.ood_images import (
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


def random_images(count=6, channels=3, side=32):
    values = np.random.default_rng(0).integers(0, 256, (count, channels, side, side), np.uint8)
    return Samples(values, np.arange(count) % 2, 100 + np.arange(count))


def test_class_number_finds_a_name_or_lists_the_names():
    assert class_number(["dog", "cat"], "cat", "a.b") == 1
    with pytest.raises(UserError, match=r"a\.b is 'cat': .*0, 1"):
        class_number(["0", "1"], "cat", "a.b")


def test_draw_class_draws_without_replacement_by_seed():
    samples = random_images(40)
    drawn, again, other = (draw_class(samples, 1, 8, seed) for seed in (0, 0, 1))
    assert set(drawn.labels) == {1}
    assert len(set(drawn.indices)) == 8
    np.testing.assert_array_equal(drawn.indices, again.indices)
    assert not np.array_equal(drawn.indices, other.indices)
    assert len(draw_class(samples, 1, 99, 0)) == 20


@pytest.mark.parametrize("side", [8, 96])
def test_resized_photograph_matches_pillow(side):
    cat = photograph()
    assert (cat.shape, cat.dtype) == ((1, 3, 300, 300), np.uint8)
    assert cat[0, 0].mean() > cat[0, 2].mean() + 20  # a ginger cat: red comes first
    small = resized(cat, side)
    assert (small.shape, small.dtype) == ((1, 3, side, side), np.float32)
    theirs = np.array(Image.fromarray(cat[0].transpose(1, 2, 0)).resize((side, side), Image.Resampling.BILINEAR))
    assert np.abs(255 * small[0] - theirs.transpose(2, 0, 1)).max() < 2  # Pillow rounds in between


def test_resized_to_the_same_side_keeps_pixels_and_repeats_grey_in_three_channels():
    grey = random_images(channels=1).inputs
    found = resized(grey, 32)
    assert as_samples(found).scale == 1  # so that it is not scaled again
    np.testing.assert_array_equal(as_bytes(found), grey.repeat(3, 1))


def test_grey_noise_fills_the_levels_below_the_upper_one():
    noise = grey_noise(64, 150, 180, 0)
    assert (noise.shape, noise.dtype) == ((1, 3, 64, 64), np.float32)
    assert 150 / 255 <= noise.min() < noise.max() < 180 / 255
    assert set(as_bytes(noise).ravel()) == set(range(150, 180))
    assert not np.array_equal(noise[0, 0], noise[0, 1])
    np.testing.assert_array_equal(noise, grey_noise(64, 150, 180, 0))


def test_collect_pictures_gives_both_sizes_with_names_and_indices():
    unseen = random_images(2)
    pictures = collect_pictures(unseen, (48, 16), (10, 20), 0)
    assert pictures.names == ["chelsea", "stranger_1", "stranger_2", "noise"]
    assert pictures.indices.tolist() == [-1, 100, 101, -1]
    for images, side in ((pictures.large, 48), (pictures.small, 16)):
        parts = resized(photograph(), side), resized(unseen.inputs, side), grey_noise(side, 10, 20, 0)
        np.testing.assert_array_equal(images, np.concatenate(parts))
