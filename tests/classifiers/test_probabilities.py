"""From scores to probabilities: votes that are never nil."""

import numpy as np
import pytest

from vision.classifiers.probabilities import smoothed_logarithm


@pytest.mark.parametrize("voters", [1, 5, 200])
def test_smoothing_gives_probabilities_that_are_never_0_and_keep_their_order(voters):
    shares = np.random.default_rng(0).multinomial(voters, np.full(10, 0.1), 50) / voters
    logits = smoothed_logarithm(shares, voters)
    np.testing.assert_allclose(np.exp(logits).sum(1), 1)
    assert np.isfinite(logits).all()
    assert (np.sign(logits[:, :, None] - logits[:, None]) == np.sign(shares[:, :, None] - shares[:, None])).all()
    np.testing.assert_allclose(np.exp(logits), (shares * voters + 0.1) / (voters + 1))
