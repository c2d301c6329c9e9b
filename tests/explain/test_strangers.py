"""Out-of-distribution scores: known values, the area under the curve against scikit-learn's, and its interval."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from vision.explain.ood_scores import area_under_curve, confidences, energies, judge, strangeness, tell_apart


def test_confidence_and_energy_of_known_probabilities():
    logits = np.log(np.array([[0.7, 0.2, 0.1], [2, 2, 4]], np.float32))
    np.testing.assert_allclose(confidences(logits), [0.7, 0.5], rtol=1e-6)
    np.testing.assert_allclose(energies(logits), [0, -np.log(8)], atol=1e-6)
    found = strangeness(logits)
    np.testing.assert_allclose(found["confidence"], [0.3, 0.5], rtol=1e-5)
    np.testing.assert_array_equal(found["energy"], energies(logits))
    assert np.isfinite(energies(np.array([[1e4, -1e4]], np.float32))).all()


@pytest.mark.parametrize(("shift", "digits"), [(1, 9), (-2, 9), (1, 0)])  # without and with ties
def test_area_under_curve_matches_scikit_learn(shift, digits):
    generator = np.random.default_rng(0)
    ordinary = generator.normal(size=301).round(digits)
    strange = generator.normal(shift, size=87).round(digits)
    found = area_under_curve(ordinary, strange)
    wanted = roc_auc_score([0] * 301 + [1] * 87, np.concatenate([ordinary, strange]))
    assert found["auroc"] == pytest.approx(wanted, abs=1e-12)
    assert 0 <= found["auroc_low"] < wanted < found["auroc_high"] <= 1


def test_delong_interval_covers_the_true_area():
    generator, truth = np.random.default_rng(0), 0.7602499  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt(2))
    found = [area_under_curve(generator.normal(size=80), generator.normal(1, size=50)) for _ in range(600)]
    covered = np.mean([one["auroc_low"] <= truth <= one["auroc_high"] for one in found])
    assert 0.92 < covered < 0.97


def test_judge_counts_ordinary_images_that_score_higher():
    ordinary = np.array([[9, 0, 0], [5, 0, 0], [3, 0, 0], [1, 0, 0]], np.float32)
    (found,) = judge(np.array([[0, 4, 0]], np.float32), ordinary)
    assert found["guess"] == 1
    assert found["confidence"] == pytest.approx(np.exp(4) / (np.exp(4) + 2))
    assert found["energy"] == pytest.approx(-np.log(np.exp(4) + 2))
    for score in ("confidence", "energy"):
        share = found[f"stranger_by_{score}"]
        assert (share["images"], share["share"]) == (4, 0.5)


def test_tell_apart_has_the_area_of_both_scores():
    sure, unsure = np.eye(3, dtype=np.float32) * 9, np.eye(3, dtype=np.float32) + 0.1
    found = tell_apart(sure, unsure)
    assert found["confidence"] == found["energy"] == {"auroc": 1, "auroc_low": 1, "auroc_high": 1}
    assert tell_apart(unsure, sure)["energy"]["auroc"] == 0
