"""Components of a sample are those of all images, where the sample is all of them or large."""

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.features import make, sampled_components

SCALES = np.array([9, 5, 3, 0.1, 0.1, 0.1, 0.1])


def rows(n, dtype=np.float32):
    generator = np.random.default_rng(0)
    turned = np.linalg.qr(generator.normal(size=(7, 7)))[0]
    inputs = ((generator.normal(size=(n, 7)) * SCALES) @ turned).astype(dtype)
    return Samples(inputs, np.arange(n) % 2, np.arange(n))


def components(samples, images):
    made = make("sampled_components", {"components": 3, "images": images}, seed=0, threads=1, device="cpu")
    return made, made.fit_transform(samples)


@pytest.mark.parametrize("images", [600, 300])
def test_the_components_are_the_exact_ones_but_for_their_signs(images):
    train = rows(600)
    exact = make("principal_components", {"components": 3}, seed=0, threads=1, device="cpu").fit_transform(train)
    found = components(train, images)[1]
    correlation = np.abs(np.corrcoef(exact.T, found.T)[:3, 3:])
    np.testing.assert_allclose(correlation, np.eye(3), atol=1e-4 if images == 600 else 0.15)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_samples_are_described_chunk_by_chunk_to_the_same_numbers(dtype, monkeypatch):
    train = rows(50, dtype)
    whole = components(train, 40)[1]
    monkeypatch.setattr(sampled_components, "CHUNK", 7)
    np.testing.assert_allclose(components(train, 40)[1], whole, rtol=1e-4, atol=1e-4)
    assert whole.dtype == np.float32


def test_what_is_explained_is_a_share_of_the_sample():
    made, _ = components(rows(200), 200)
    assert 0.99 < made.summary()["explained_variance"] <= 1
    assert made.n_parameters == 3 * 7 + 7
