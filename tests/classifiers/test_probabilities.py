"""From scores to probabilities: votes that are never nil, and a temperature that is known or found by brute force."""

import numpy as np
import pytest

from vision.classifiers.probabilities import smoothed_logarithm, temperature
from vision.scores.losses import cross_entropy


@pytest.mark.parametrize("voters", [1, 5, 200])
def test_smoothing_gives_probabilities_that_are_never_0_and_keep_their_order(voters):
    shares = np.random.default_rng(0).multinomial(voters, np.full(10, 0.1), 50) / voters
    logits = smoothed_logarithm(shares, voters)
    np.testing.assert_allclose(np.exp(logits).sum(1), 1)
    assert np.isfinite(logits).all()
    assert (np.sign(logits[:, :, None] - logits[:, None]) == np.sign(shares[:, :, None] - shares[:, None])).all()
    np.testing.assert_allclose(np.exp(logits), (shares * voters + 0.1) / (voters + 1))


@pytest.mark.parametrize("factor", [0.02, 0.5, 1, 7, 3000])
def test_temperature_takes_back_what_the_logits_were_scaled_by(factor):
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(20_000, 5)) * 2
    labels = (logits + generator.gumbel(size=logits.shape)).argmax(1)  # drawn from their softmax
    assert temperature(factor * logits, labels) == pytest.approx(factor, rel=0.05)


def test_no_other_temperature_has_a_lower_loss():
    generator = np.random.default_rng(1)
    logits, labels = 30 * generator.normal(size=(200, 4)), generator.integers(0, 4, 200)
    labels[:120] = logits[:120].argmax(1)
    losses = [cross_entropy(logits / scale, labels).mean() for scale in np.geomspace(0.01, 10_000, 500)]
    assert cross_entropy(logits / temperature(logits, labels), labels).mean() <= min(losses) + 1e-9
