"""What every representation does: features of the samples it learned and of others, with only its own settings."""

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.features import make
from vision.pipeline.errors import UserError
from vision.pipeline.schema.hyper import REPRESENTATIONS

HYPER = {
    "principal_components": {"components": 3},
    "sampled_components": {"components": 3, "images": 20},
    "scattering": {"scales": 2, "angles": 3, "precision": "float32"},
}
OF_IMAGES = {"scattering"}  # which refuse features
CASES = [(name, kind) for name in HYPER for kind in ("images", "features") if kind == "images" or name not in OF_IMAGES]
N = 40


def drawn(kind, seed):
    """Images or features of two classes."""
    generator = np.random.default_rng(seed)
    images, features = generator.integers(0, 256, (N, 2, 4, 4), np.uint8), generator.normal(size=(N, 7))
    inputs = {"images": images, "features": features.astype(np.float32)}[kind]
    return Samples(inputs, np.arange(N) % 2, np.arange(N))


def mistake(name, hyper):
    with pytest.raises(UserError) as caught:
        make(name, hyper, seed=0, threads=1, device="cpu")
    assert "\n" not in str(caught.value)
    assert " object at " not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_every_representation_gives_one_row_of_numbers_for_each_sample_and_repeats_itself(name, kind):
    assert HYPER.keys() == REPRESENTATIONS.keys()
    train, others = drawn(kind, 0), drawn(kind, 1)
    results = []
    for _ in range(2):
        representation = make(name, HYPER[name], seed=0, threads=1, device="cpu")
        results.append((representation.fit_transform(train), representation.transform(others[:9])))
    for found, again, count in zip(*results, (N, 9), strict=True):
        assert (found.ndim, len(found), found.dtype) == (2, count, np.float32)
        assert np.isfinite(found).all()
        np.testing.assert_array_equal(found, again)
    assert representation.n_parameters >= 0
    assert np.isfinite(list(representation.summary().values())).all()


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_representation_learns_from_the_training_samples_alone(name, kind):
    representation = make(name, HYPER[name], seed=0, threads=1, device="cpu")
    train, others = drawn(kind, 0), drawn(kind, 1)
    learned = representation.fit_transform(train)
    first, summary = representation.transform(others), representation.summary()
    # However many others are seen, and in whichever order, each of them and of the training samples stays what it was.
    for number in range(N):
        np.testing.assert_allclose(representation.transform(others[[number]])[0], first[number], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(representation.transform(train), learned, rtol=1e-4, atol=1e-5)
    assert representation.summary() == summary


def test_an_unknown_representation_is_told_the_allowed_ones():
    assert mistake("hog", {}) == f"unknown name 'hog' of vision/features; allowed: {', '.join(HYPER)}"
