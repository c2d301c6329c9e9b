"""Principal components, exact and from a sample of the images, against a singular value decomposition."""

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.features import sampled_components
from vision.features.principal_components import PrincipalComponents
from vision.features.sampled_components import SampledComponents

N, D = 60, 12


def exact(count):
    return PrincipalComponents(components=count, seed=0, threads=1, device="cpu")


def sampled(count, images):
    return SampledComponents(components=count, images=images, seed=0, threads=1, device="cpu")


def samples(inputs):
    return Samples(inputs, np.arange(len(inputs)) % 3, np.arange(len(inputs)))


def features(n=N, *, shift=0.0, seed=0):
    """Features whose variances differ, so that their components are well apart."""
    rows = np.random.default_rng(seed).normal(size=(n, D)) * np.geomspace(10, 0.1, D) + shift
    rows = rows @ np.linalg.qr(np.random.default_rng(9).normal(size=(D, D)))[0]
    return samples(rows.astype(np.float32))


def images(n=N, *, seed=0):
    """Images with a strong gradient, uint8 (N, 2, 2, 3), and noise."""
    generator = np.random.default_rng(seed)
    ramp = np.linspace(-60, 60, D) * generator.normal(size=(n, 1)) + 8 * generator.normal(size=(n, D))
    return samples((128 + ramp).clip(0, 255).astype(np.uint8).reshape(n, 2, 2, 3))


def by_svd(train, others, components):
    """Features of both, each component with either sign, and the share of variance explained."""
    mean = train.mean(0)
    _, spread, directions = np.linalg.svd(train - mean, full_matrices=False)
    explained = (spread[:components] ** 2).sum() / (spread**2).sum()
    return *((rows - mean) @ directions[:components].T for rows in (train, others)), explained


@pytest.mark.parametrize(
    ("train", "others", "scale"),
    [(features(shift=3.0), features(25, seed=1), 1.0), (images(), images(25, seed=1), 255.0)],
    ids=["features", "images"],
)
def test_principal_components_match_the_singular_value_decomposition_but_for_signs(train, others, scale):
    representation = exact(4)
    learned, found = representation.fit_transform(train), representation.transform(others)
    assert (learned.dtype, found.dtype, found.shape) == (np.float32, np.float32, (25, 4))
    rows = (part.inputs.reshape(-1, D).astype(float) / scale for part in (train, others))
    *expected, explained = by_svd(*rows, 4)
    signs = np.sign((learned * expected[0]).sum(0))
    np.testing.assert_allclose(learned, expected[0] * signs, atol=1e-3)
    np.testing.assert_allclose(found, expected[1] * signs, atol=1e-3)
    assert representation.summary() == {"components": 4, "explained_variance": pytest.approx(explained)}
    assert representation.n_parameters == 4 * D + D  # the components and the mean


@pytest.mark.parametrize(("n", "kept"), [(5, 5), (60, D)])
@pytest.mark.parametrize("made", [exact(50), sampled(50, 60)], ids=["exact", "sampled"])
def test_there_are_at_most_as_many_components_as_samples_or_dimensions(made, n, kept):
    assert made.fit_transform(features(n)).shape == (n, kept)
    assert made.summary() == {"components": kept, "explained_variance": pytest.approx(1)}
    assert made.n_parameters == kept * D + D


@pytest.mark.parametrize("count", [600, 300])
def test_sampled_components_match_the_exact_ones_but_for_signs(count):
    train = features(600)
    representation = sampled(3, count)
    whole, found = exact(3).fit_transform(train), representation.fit_transform(train)
    correlation = np.abs(np.corrcoef(whole.T, found.T)[:3, 3:])
    np.testing.assert_allclose(correlation, np.eye(3), atol=1e-4 if count == 600 else 0.15)
    # From every second row, and from no other: so the mean of these alone is zero.
    chosen = found[:: 600 // count]
    np.testing.assert_allclose(chosen.mean(0), 0, atol=1e-4)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_sampled_components_do_not_depend_on_the_size_of_chunks(dtype, monkeypatch):
    train = samples(features(50).inputs.astype(dtype))
    whole = sampled(3, 40).fit_transform(train)
    monkeypatch.setattr(sampled_components, "CHUNK", 7)
    np.testing.assert_allclose(sampled(3, 40).fit_transform(train), whole, rtol=1e-4, atol=1e-4)
    assert whole.dtype == np.float32
