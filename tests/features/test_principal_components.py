"""Principal components, exact and from a sample of the images, against a singular value decomposition."""

import numpy as np
import pytest

from tests.trainings import labelled
from vision.features import sampled_components
from vision.features.principal_components import PrincipalComponents
from vision.features.sampled_components import SampledComponents

D = 12
OPTIONS = {"seed": 0, "threads": 1, "device": "cpu"}


def features(n=60, *, seed=0):
    """Features whose variances differ, so that their components are well separated."""
    rows = np.random.default_rng(seed).normal(size=(n, D)) * np.geomspace(10, 0.1, D) + 3
    rows = rows @ np.linalg.qr(np.random.default_rng(9).normal(size=(D, D)))[0]
    return labelled(rows.astype(np.float32))


def images(n=60, *, seed=0):
    """Images with a strong gradient, uint8 (N, 2, 2, 3), and noise."""
    generator = np.random.default_rng(seed)
    ramp = np.linspace(-60, 60, D) * generator.normal(size=(n, 1)) + 8 * generator.normal(size=(n, D))
    return labelled((128 + ramp).clip(0, 255).astype(np.uint8).reshape(n, 2, 2, 3))


@pytest.mark.parametrize(("make", "scale"), [(features, 1.0), (images, 255.0)])
def test_principal_components_match_the_singular_value_decomposition_up_to_signs(make, scale):
    train, others = make(), make(25, seed=1)
    representation = PrincipalComponents(components=4, **OPTIONS)
    found = representation.fit_transform(train), representation.transform(others)
    rows = [part.inputs.reshape(-1, D).astype(float) / scale for part in (train, others)]
    mean = rows[0].mean(0)
    _, singular_values, directions = np.linalg.svd(rows[0] - mean, full_matrices=False)
    expected = [(part - mean) @ directions[:4].T for part in rows]
    signs = np.sign((found[0] * expected[0]).sum(0))
    for coordinates, of_svd in zip(found, expected, strict=True):
        assert coordinates.dtype == np.float32
        np.testing.assert_allclose(coordinates, of_svd * signs, atol=1e-3)
    explained = (singular_values[:4] ** 2).sum() / (singular_values**2).sum()
    assert representation.summary() == {"components": 4, "explained_variance": pytest.approx(explained)}
    assert representation.n_parameters == 4 * D + D  # the components and the mean


@pytest.mark.parametrize(("n", "count"), [(5, 5), (60, D)])
def test_there_are_at_most_as_many_components_as_samples_or_dimensions(n, count):
    exact = PrincipalComponents(components=50, **OPTIONS)
    for representation in (exact, SampledComponents(components=50, images=60, **OPTIONS)):
        assert representation.fit_transform(features(n)).shape == (n, count)
        assert representation.summary() == {"components": count, "explained_variance": pytest.approx(1)}
        assert representation.n_parameters == count * D + D


@pytest.mark.parametrize("count", [600, 300])
def test_sampled_components_match_the_exact_ones_up_to_signs(count):
    train = features(600)
    exact = PrincipalComponents(components=3, **OPTIONS).fit_transform(train)
    found = SampledComponents(components=3, images=count, **OPTIONS).fit_transform(train)
    correlation = np.abs(np.corrcoef(exact.T, found.T)[:3, 3:])
    np.testing.assert_allclose(correlation, np.eye(3), atol=1e-4 if count == 600 else 0.15)
    # Fitted to every second row and to no other: so the mean of these rows alone is zero.
    np.testing.assert_allclose(found[:: 600 // count].mean(0), 0, atol=1e-4)


def test_sampled_components_do_not_depend_on_the_size_of_chunks(monkeypatch):
    train = labelled(features(50).inputs.astype(np.float16))
    representation = SampledComponents(components=3, images=40, **OPTIONS)
    expected = representation.fit_transform(train)
    monkeypatch.setattr(sampled_components, "CHUNK", 7)
    np.testing.assert_allclose(representation.fit_transform(train), expected, rtol=1e-4, atol=1e-4)
    assert expected.dtype == np.float32
