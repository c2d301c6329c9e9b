"""Means and standard deviations by which inputs are standardised: exact for pixels, in float64 for features."""

import math
from fractions import Fraction

import numpy as np
import pytest

from vision.data import statistics
from vision.data.statistics import channel_statistics, feature_statistics


def test_channel_statistics_are_those_of_rational_numbers_to_the_last_bit(generator):
    """No order of summing, and so no processor, has an effect."""
    pixels = generator.integers(0, 256, (10, 3, 10, 10), np.uint8) // np.array([1, 2, 3], np.uint8)[:, None, None]
    found = np.transpose(channel_statistics(pixels))
    for channel, statistics_of_channel in zip(pixels.swapaxes(0, 1), found, strict=True):
        values = [Fraction(int(value), 255) for value in channel.ravel()]
        mean = sum(values) / len(values)
        variance = sum(value**2 for value in values) / len(values) - mean**2
        assert statistics_of_channel.tolist() == [float(mean), math.sqrt(variance)]
    assert channel_statistics(np.full((7, 1, 5, 5), 77, np.uint8))[1] == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_feature_statistics_match_numpy_in_float64(generator, dtype):
    """In float16 the sum would overflow at 65,504, and in float32 the error would exceed the tolerance."""
    features = (1000 + generator.normal(size=(50_000, 3)) * [1, 0.1, 0]).astype(dtype)
    mean, std = feature_statistics(features)
    assert mean.dtype == std.dtype == np.float64
    np.testing.assert_allclose(mean, features.astype(np.float64).mean(0), rtol=1e-12)
    np.testing.assert_allclose(std, features.astype(np.float64).std(0), rtol=1e-9)
    assert std[2] == 0


def test_feature_statistics_in_blocks_have_the_same_bits(generator, monkeypatch):
    features = (3 + generator.normal(size=(1000, 13))).astype(np.float32)
    plain = feature_statistics(features)
    monkeypatch.setattr(statistics, "BLOCK_VALUES", features.size // 6)
    np.testing.assert_array_equal(feature_statistics(features), plain)
