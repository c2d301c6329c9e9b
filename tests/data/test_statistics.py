"""What is measured on the training part: the statistics of the floats by which inputs are standardised."""

import math
from fractions import Fraction

import numpy as np
import pytest

from vision.data.statistics import channel_statistics, feature_statistics


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.mark.parametrize("channels", [1, 3])
def test_channel_statistics_are_those_of_the_floats(generator, channels):
    pixels = generator.integers(0, 256, (20, channels, 6, 6), np.uint8) // np.arange(1, channels + 1)[:, None, None]
    mean, std = channel_statistics(pixels.astype(np.uint8))
    np.testing.assert_allclose(mean, (pixels / 255).mean((0, 2, 3)))
    np.testing.assert_allclose(std, (pixels / 255).std((0, 2, 3)))


def test_channel_statistics_are_exact_to_the_last_bit(generator):
    """As of rational numbers: no order of summing, and so no processor, has a part in them."""
    pixels = generator.integers(0, 256, (50, 1, 28, 28), np.uint8)
    values = [Fraction(int(value), 255) for value in pixels.ravel()]
    mean = sum(values) / len(values)
    variance = sum(value**2 for value in values) / len(values) - mean**2
    found = channel_statistics(pixels)
    assert (float(found[0][0]), float(found[1][0])) == (float(mean), math.sqrt(variance))


def test_channel_statistics_of_flat_images_have_no_spread():
    for level in range(256):
        mean, std = channel_statistics(np.full((7, 1, 5, 5), level, np.uint8))
        assert mean == pytest.approx(level / 255)
        assert std == pytest.approx(0, abs=1e-7)


def test_feature_statistics_are_taken_of_each_feature_in_float64(generator):
    features = (1000 + generator.normal(size=(50_000, 3)) * [1, 0.1, 0]).astype(np.float32)
    mean, std = feature_statistics(features)
    assert mean.dtype == std.dtype == np.float64
    np.testing.assert_allclose(mean, features.astype(np.float64).mean(0), rtol=1e-12)
    np.testing.assert_allclose(std, features.astype(np.float64).std(0), rtol=1e-9)  # sums in float32 are off by more
    assert std[2] == 0
