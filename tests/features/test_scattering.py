"""Scattering coefficients: against kymatio's, and the mathematical properties of the transform."""

import numpy as np
import pytest

# Not `from kymatio.numpy`: its transform of volumes imports scipy.special.sph_harm, which SciPy 1.17 has no longer.
from kymatio.scattering2d.frontend.numpy_frontend import ScatteringNumPy2D

from tests.trainings import labelled, noise
from vision.features import scattering
from vision.features.scattering import Scattering
from vision.pipeline.errors import UserError


def transform(scales=2, angles=8, precision="float32", threads=1):
    return Scattering(scales=scales, angles=angles, precision=precision, seed=0, threads=threads, device="cpu")


@pytest.mark.parametrize(
    ("shape", "scales", "angles"),
    [
        ((1, 28, 28), 2, 8),
        ((2, 21, 34), 3, 4),
        ((1, 9, 12), 1, 5),
        ((1, 8, 8), 3, 1),  # the smallest image for three scales
    ],
)
def test_coefficients_match_kymatio(shape, scales, angles):
    images, representation = noise(2, *shape), transform(scales, angles)
    found = representation.fit_transform(images)
    expected = ScatteringNumPy2D(scales, shape[1:], angles)(images.inputs / np.float32(255))
    assert (found.shape, found.dtype) == ((2, expected[0].size), np.float32)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-5, atol=1e-7)
    names = ("coefficients", "height", "width")
    assert representation.summary() == dict(zip(names, expected.shape[2:], strict=True))


def test_neither_threads_nor_chunks_nor_order_change_a_bit(monkeypatch):
    given = noise(5, 2, 23, 30)
    expected = transform(3, 3).transform(given)
    for chunk, threads in ((1, 3), (2**30, 2)):
        monkeypatch.setattr(scattering, "CHUNK", chunk)
        np.testing.assert_array_equal(transform(3, 3, threads=threads).transform(given), expected)
    np.testing.assert_array_equal(transform(3, 3).transform(given[::-1])[::-1], expected)


def test_half_precision_is_single_precision_rounded():
    given = noise(3, 1, 32, 32)
    found, expected = (transform(precision=precision).fit_transform(given) for precision in ("float16", "float32"))
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found, expected.astype(np.float16))


@pytest.mark.parametrize(
    ("scales", "inputs", "words"),
    [
        (1, np.zeros((40, 7), np.float32), r"inputs are float32 \(40, 7\): .*uint8"),
        (3, np.zeros((2, 1, 9, 7), np.uint8), "scales is 3: .* 9 x 7 pixels allow 2 at most"),
    ],
)
def test_features_and_too_small_images_are_refused(scales, inputs, words):
    with pytest.raises(UserError, match=words):
        transform(scales).fit_transform(labelled(inputs))
