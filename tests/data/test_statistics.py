"""What is measured on the training part: the statistics of the floats by which inputs are standardised."""

import math
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest

from vision.data import statistics
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


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.float64])
@pytest.mark.parametrize(
    ("n", "width", "blocks"), [(40, 7, 3), (1, 2, 1), (1000, 13, 2), (1000, 13, 6), (100, 900, 450)]
)
def test_features_in_blocks_have_the_same_statistics_to_the_last_bit(generator, monkeypatch, dtype, n, width, blocks):
    features = (3 + generator.normal(size=(n, width))).astype(dtype)
    plain = features.mean(0, dtype=np.float64), features.std(0, dtype=np.float64)
    np.testing.assert_array_equal(feature_statistics(features), plain)  # all at once
    monkeypatch.setattr(statistics, "BLOCK_VALUES", features.size // blocks)
    np.testing.assert_array_equal(feature_statistics(features), plain)


def test_no_more_than_a_block_is_in_memory_in_float64(generator, monkeypatch):
    features = generator.normal(size=(2000, 400)).astype(np.float16)
    peaks = []
    for block in (features.size, features.size // 10):
        monkeypatch.setattr(statistics, "BLOCK_VALUES", block)
        tracemalloc.start()
        feature_statistics(features)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[0] > 8 * features.size > 4 * peaks[1]


def test_features_of_half_precision_are_summed_in_float64(generator):
    features = np.full((70_000, 3), [1, 0.1, 1000], np.float16)
    features[::2] += np.array([0, 0.05, 1], np.float16)
    mean, std = feature_statistics(features)  # a sum in float16 ends at 65,504, one in float32 is off
    exact = [[Fraction(float(value)) for value in column] for column in features[:2].T]
    np.testing.assert_allclose(mean, [float(sum(pair) / 2) for pair in exact], rtol=1e-12)
    np.testing.assert_allclose(std, [float(abs(first - second) / 2) for first, second in exact], rtol=1e-9)
