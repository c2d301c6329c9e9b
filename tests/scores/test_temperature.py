"""A temperature that is known, or found by brute force, and what it does to the scores."""

import numpy as np
import pytest

from vision.scores.calibration import describe_calibration
from vision.scores.losses import cross_entropy
from vision.scores.temperature import describe_scaled, fit_temperature

OPTIONS = {"bins": 15, "resamples": 100, "seed": 0}


def drawn(size, n_classes, seed=0):
    """Logits, and labels drawn from their softmax."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(size, n_classes)) * 2
    return logits, (logits + generator.gumbel(size=logits.shape)).argmax(1)


@pytest.mark.parametrize("factor", [0.02, 1, 3000])
def test_temperature_takes_back_what_the_logits_were_scaled_by(factor):
    logits, labels = drawn(5000, 5)
    temperature = fit_temperature(factor * logits, labels)
    assert temperature == pytest.approx(factor, rel=0.05)
    assert fit_temperature(factor * logits / temperature, labels) == pytest.approx(1, abs=1e-4)


def test_no_other_temperature_has_a_lower_loss():
    generator = np.random.default_rng(1)
    logits, labels = 30 * generator.normal(size=(200, 4)), generator.integers(0, 4, 200)
    labels[:120] = logits[:120].argmax(1)
    losses = [cross_entropy(logits / scale, labels).mean() for scale in np.geomspace(0.01, 10_000, 500)]
    assert cross_entropy(logits / fit_temperature(logits, labels), labels).mean() <= min(losses) + 1e-9


def test_scaled_scores_are_those_of_the_logits_over_the_temperature():
    logits, labels = drawn(1000, 4)
    found = describe_scaled((3 * logits).astype(np.float32), labels, 3.0, **OPTIONS)
    assert found.pop("temperature") == 3
    assert found["loss_low"] < found["loss"] < found["loss_high"]
    loss = cross_entropy(logits, labels).mean()
    assert found == pytest.approx({**found, "loss": loss, **describe_calibration(logits, labels, **OPTIONS)}, rel=1e-5)


def test_the_temperature_of_other_images_calibrates_an_overconfident_model():
    (valid, valid_labels), (test, labels) = drawn(3000, 4, seed=1), drawn(3000, 4, seed=2)
    temperature = fit_temperature(3 * valid, valid_labels)
    before, after = (describe_scaled(3 * test, labels, value, **OPTIONS) for value in (1.0, temperature))
    assert before["ece_p"] < 0.02 < 0.05 < after["ece_p"]
    for name in ("loss", "brier", "ece"):
        assert after[name] < before[f"{name}_low"]
    assert before["confidence_gap_low"] > 0 > after["confidence_gap_low"]
