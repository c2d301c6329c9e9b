"""Scattering coefficients, against kymatio's, and what the mathematics say of them."""

import numpy as np
import pytest

# Not `from kymatio.numpy`: its transform of volumes imports scipy.special.sph_harm, which SciPy 1.17 has no longer.
from kymatio.scattering2d.frontend.numpy_frontend import ScatteringNumPy2D

from vision.data.dataset import Samples
from vision.features import scattering
from vision.features.scattering import Scattering, filter_bank
from vision.pipeline.errors import UserError

N = 6


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def transform(scales=2, angles=8, precision="float32", threads=1):
    return Scattering(scales=scales, angles=angles, precision=precision, seed=0, threads=threads, device="cpu")


def samples(inputs):
    return Samples(inputs, np.arange(len(inputs)) % 3, np.arange(len(inputs)))


def noise(generator, shape=(1, 32, 32), n=N):
    return generator.integers(0, 256, (n, *shape), np.uint8)


def blobs(generator):
    """Noise that fades towards the border: what leaves the image on one side brings nothing in on the other."""
    window = np.exp(-((np.arange(32) - 15.5) ** 2) / 50)
    return (generator.random((N, 1, 32, 32)) * np.outer(window, window) * 255).astype(np.uint8)


def norms(inputs):
    """The Euclidean norm of each sample; of pixels in [0, 1]."""
    return np.linalg.norm(samples(inputs).rows, axis=1)


@pytest.mark.parametrize(
    ("shape", "scales", "angles"),
    [
        ((1, 28, 28), 2, 8),
        ((3, 32, 32), 2, 8),
        ((1, 28, 28), 1, 8),
        ((2, 21, 34), 3, 4),
        ((1, 9, 12), 1, 5),
        ((1, 8, 8), 3, 1),  # as small as such an image may be
    ],
)
def test_coefficients_are_those_of_kymatio(generator, shape, scales, angles):
    images = noise(generator, shape, 3)
    representation = transform(scales, angles)
    found = representation.fit_transform(samples(images))
    expected = ScatteringNumPy2D(scales, shape[1:], angles)(images / np.float32(255))
    assert (found.shape, found.dtype) == ((3, expected[0].size), np.float32)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, rtol=1e-5, atol=1e-7)
    names = ("coefficients", "height", "width")
    assert representation.summary() == dict(zip(names, expected.shape[2:], strict=True))


@pytest.mark.parametrize(("shape", "count"), [((1, 28, 28), 3969), ((3, 32, 32), 15552)])
def test_two_scales_and_eight_angles_give_as_many_coefficients_as_published(generator, shape, count):
    representation = transform()
    assert representation.fit_transform(samples(noise(generator, shape, 1))).shape == (1, count)
    assert representation.n_parameters == 0


@pytest.mark.parametrize("angles", [1, 3, 8])
def test_wavelets_have_mean_zero_and_smoothing_keeps_the_mean(angles):
    bank = filter_bank(20, 28, 3, angles)
    for spectra in bank.wavelets.values():
        assert np.abs(spectra[:, 0, 0]).max() < 1e-6 < spectra.max()
    for matrices in bank.smoothers:
        for matrix in matrices:
            np.testing.assert_allclose(matrix.sum(1), 1, atol=1e-4)


def test_a_constant_image_has_nothing_above_order_0():
    images = np.full((1, 2, 32, 32), 200, np.uint8)
    found = transform().transform(samples(images)).reshape(2, 81, 8, 8)
    np.testing.assert_allclose(found[:, 0], 200 / 255, rtol=1e-4)
    np.testing.assert_allclose(found[:, 1:], 0, atol=1e-6)


@pytest.mark.parametrize("scales", [1, 2, 3])
@pytest.mark.parametrize("drawn", [noise, blobs])
def test_images_are_brought_closer_together_and_gain_no_energy(generator, drawn, scales):
    images = drawn(generator)
    found = transform(scales).transform(samples(images)) * 2**scales  # one coefficient stands for 2^scales² pixels
    assert (np.linalg.norm(found, axis=1) < norms(images)).all()
    rows = samples(images).rows
    assert (np.linalg.norm(found[1:] - found[:-1], axis=1) < np.linalg.norm(rows[1:] - rows[:-1], axis=1)).all()


@pytest.mark.parametrize("scales", [2, 3])
def test_a_shift_changes_coefficients_less_than_pixels_and_the_less_the_larger_the_scales(generator, scales):
    images = blobs(generator)
    rows = [samples(inputs).rows for inputs in (images, np.roll(images, 1, 3))]
    found = [transform(scales).transform(samples(inputs)) for inputs in (images, np.roll(images, 1, 3))]
    in_pixels, in_coefficients = (
        np.linalg.norm(shifted - still, axis=1) / np.linalg.norm(still, axis=1) for still, shifted in (rows, found)
    )
    assert (in_coefficients < in_pixels / (1 + scales)).all()


def test_an_image_turned_by_90_degrees_has_its_angles_shifted_by_four_of_eight(generator):
    images = blobs(generator)
    turned = np.rot90(images, axes=(2, 3))
    # Local means add up to the mean over the image, wherever their pixels lie.
    found, others = (transform().transform(samples(inputs)).reshape(N, 81, 64).sum(2) for inputs in (images, turned))
    np.testing.assert_allclose(others[:, 0], found[:, 0], rtol=0.01)
    by_angle, expected = (values[:, 1:17].reshape(N, 2, 8) for values in (others, found))
    np.testing.assert_allclose(by_angle, np.roll(expected, 4, 2), rtol=0.06)
    by_angles, expected = (values[:, 17:].reshape(N, 8, 8) for values in (others, found))
    np.testing.assert_allclose(by_angles, np.roll(expected, (4, 4), (1, 2)), rtol=0.06)
    assert np.abs(by_angles / expected - 1).max() > 0.3  # as they stand, they differ


@pytest.mark.parametrize(("scales", "angles"), [(2, 8), (3, 3)])
def test_neither_threads_nor_parts_change_a_bit(generator, monkeypatch, scales, angles):
    given = samples(noise(generator, (2, 23, 30), 9))
    expected = transform(scales, angles).transform(given)
    for chunk, threads in ((1, 3), (2**16, 1), (2**16, 2), (2**30, 2)):
        monkeypatch.setattr(scattering, "CHUNK", chunk)
        np.testing.assert_array_equal(transform(scales, angles, threads=threads).transform(given), expected)
    backwards = transform(scales, angles).transform(given[::-1])
    np.testing.assert_array_equal(backwards[::-1], expected)


def test_half_precision_is_single_precision_rounded(generator):
    given = samples(noise(generator))
    found, expected = (transform(precision=precision).fit_transform(given) for precision in ("float16", "float32"))
    assert found.dtype == np.float16
    np.testing.assert_array_equal(found, expected.astype(np.float16))


@pytest.mark.parametrize(
    ("scales", "inputs", "told"),
    [
        (1, np.zeros((40, 7), np.float32), "inputs are float32 (40, 7): scattering takes images, uint8 (N, C, H, W)"),
        (3, np.zeros((2, 1, 9, 7), np.uint8), "scales is 3: images of 9 x 7 pixels allow 2 at most"),
    ],
)
def test_features_and_images_that_are_too_small_are_refused(scales, inputs, told):
    for method in ("fit_transform", "transform"):
        with pytest.raises(UserError) as caught:
            getattr(transform(scales), method)(samples(inputs))
        assert str(caught.value) == told
