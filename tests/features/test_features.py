"""Every representation: one row of features for each sample, learned from the training samples alone."""

import numpy as np
import pytest

from tests.trainings import labelled
from vision.features import make
from vision.pipeline.errors import UserError
from vision.pipeline.schema.hyper import REPRESENTATIONS

HYPER = {
    "principal_components": {"components": 3},
    "sampled_components": {"components": 3, "images": 20},
    "scattering": {"scales": 2, "angles": 3, "precision": "float32"},
}
N = 40


def random_samples(kind, seed):
    """Images or features."""
    generator = np.random.default_rng(seed)
    images, features = generator.integers(0, 256, (N, 2, 4, 4), np.uint8), generator.normal(size=(N, 7))
    return labelled({"images": images, "features": features.astype(np.float32)}[kind])


@pytest.mark.parametrize(("name", "kind"), [*((name, "images") for name in HYPER), ("sampled_components", "features")])
def test_representation_learns_from_the_training_samples_alone(name, kind):
    assert HYPER.keys() == REPRESENTATIONS.keys()
    train, others = random_samples(kind, 0), random_samples(kind, 1)[:9]
    representation, again = (make(name, HYPER[name], seed=0, threads=1, device="cpu") for _ in range(2))
    learned, found = representation.fit_transform(train), representation.transform(others)
    for features, count in ((learned, N), (found, 9)):
        assert (features.ndim, len(features), features.dtype) == (2, count, np.float32)
        assert np.isfinite(features).all()
    np.testing.assert_array_equal(again.fit_transform(train), learned)
    summary = representation.summary()
    assert np.isfinite(list(summary.values())).all()
    for number in range(9):  # the features of a sample depend on no other sample of its call, and no call changes them
        np.testing.assert_allclose(representation.transform(others[[number]])[0], found[number], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(representation.transform(train), learned, rtol=1e-4, atol=1e-5)
    assert representation.summary() == summary


def test_unknown_representation_is_refused():
    with pytest.raises(UserError, match=f"'hog' .*{', '.join(HYPER)}"):
        make("hog", {}, seed=0, threads=1, device="cpu")
