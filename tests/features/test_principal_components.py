"""Principal components as features, against a singular value decomposition."""

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.features.principal_components import PrincipalComponents

N, D = 60, 12


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def principal(count):
    return PrincipalComponents(components=count, seed=0, threads=1, device="cpu")


def mixed(generator, n=N, shift=0.0):
    """Features whose variances differ, so that their components are well apart."""
    rows = generator.normal(size=(n, D)) * np.geomspace(10, 0.1, D) + shift
    rows = rows @ np.linalg.qr(np.random.default_rng(9).normal(size=(D, D)))[0]
    return samples(rows.astype(np.float32))


def images(generator, n=N):
    """Images with a strong gradient, uint8 (N, 2, 2, 3), and noise."""
    ramp = np.linspace(-60, 60, D) * generator.normal(size=(n, 1)) + 8 * generator.normal(size=(n, D))
    return samples((128 + ramp).clip(0, 255).astype(np.uint8).reshape(n, 2, 2, 3))


def samples(inputs):
    return Samples(inputs, np.arange(len(inputs)) % 3, np.arange(len(inputs)))


def by_svd(train, others, components):
    """Features of both, each component with a sign of its own, and the share of variance explained."""
    mean = train.mean(0)
    _, spread, directions = np.linalg.svd(train - mean, full_matrices=False)
    explained = (spread[:components] ** 2).sum() / (spread**2).sum()
    return *((rows - mean) @ directions[:components].T for rows in (train, others)), explained


@pytest.mark.parametrize("components", [1, 4, D])
def test_features_are_those_of_a_singular_value_decomposition_but_for_signs(generator, components):
    train, others = mixed(generator, shift=3.0), mixed(generator, 25)
    representation = principal(components)
    learned, found = representation.fit_transform(train), representation.transform(others)
    *expected, explained = by_svd(train.inputs.astype(float), others.inputs.astype(float), components)
    signs = np.sign((learned * expected[0]).sum(0))
    np.testing.assert_allclose(learned, expected[0] * signs, atol=1e-3)
    np.testing.assert_allclose(found, expected[1] * signs, atol=1e-3)
    assert representation.summary() == {"components": components, "explained_variance": pytest.approx(explained)}


def test_images_are_taken_as_rows_of_pixels_between_0_and_1(generator):
    train, others = images(generator), images(generator, 25)
    representation = principal(3)
    learned, found = representation.fit_transform(train), representation.transform(others)
    assert (learned.dtype, found.dtype, found.shape) == (np.float32, np.float32, (25, 3))
    *expected, _ = by_svd(train.inputs.reshape(N, D) / 255.0, others.inputs.reshape(25, D) / 255.0, 3)
    signs = np.sign((learned * expected[0]).sum(0))
    np.testing.assert_allclose(learned, expected[0] * signs, atol=1e-4)
    np.testing.assert_allclose(found, expected[1] * signs, atol=1e-4)


def test_images_and_the_same_numbers_as_features_are_represented_alike(generator):
    train = images(generator)
    rows = samples(train.inputs.reshape(N, D) / np.float32(255))
    found, expected = (principal(4).fit_transform(given) for given in (train, rows))
    np.testing.assert_array_equal(found, expected)


def test_other_samples_change_neither_the_mean_nor_the_components(generator):
    train, others = mixed(generator), mixed(generator, shift=50.0)
    representation = principal(4)
    learned = representation.fit_transform(train)
    found = representation.transform(others)
    np.testing.assert_allclose(learned.mean(0), 0, atol=1e-3)
    assert np.abs(found.mean(0)).max() > 5  # far from the training mean, and left there
    alone = principal(4)
    np.testing.assert_array_equal(alone.fit_transform(train), learned)
    np.testing.assert_array_equal(representation.transform(train), alone.transform(train))


@pytest.mark.parametrize(("n", "kept"), [(5, 5), (60, D)])
def test_there_are_no_more_components_than_samples_or_dimensions(generator, n, kept):
    representation = principal(50)
    assert representation.fit_transform(mixed(generator, n)).shape == (n, kept)
    assert representation.summary() == {"components": kept, "explained_variance": pytest.approx(1)}


def test_the_numbers_fitted_are_the_components_and_the_mean(generator):
    representation = principal(4)
    representation.fit_transform(mixed(generator))
    assert representation.n_parameters == 4 * D + D
