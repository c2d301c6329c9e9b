"""How strange an image is: both scores, the area under the curve against scikit-learn's, and its interval."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from vision.explain.strangers import area_under_curve, confidences, energies, judge, strangeness, tell_apart


def test_scores_are_what_their_papers_say():
    logits = np.log(np.array([[0.7, 0.2, 0.1], [2, 2, 4]], np.float32))
    np.testing.assert_allclose(confidences(logits), [0.7, 0.5], rtol=1e-6)
    np.testing.assert_allclose(energies(logits), [0, -np.log(8)], atol=1e-6)
    found = strangeness(logits)
    np.testing.assert_allclose(found["confidence"], [0.3, 0.5], rtol=1e-5)
    np.testing.assert_array_equal(found["energy"], energies(logits))


def test_great_logits_are_no_overflow():
    assert np.isfinite(energies(np.array([[1e4, -1e4]], np.float32))).all()


@pytest.mark.parametrize(("shift", "digits"), [(0, 9), (1, 9), (-2, 9), (1, 0)])
def test_the_area_is_scikit_learns_with_ties_and_without(shift, digits):
    generator = np.random.default_rng(0)
    ordinary = generator.normal(size=301).round(digits)
    strange = generator.normal(shift, size=87).round(digits)
    found = area_under_curve(ordinary, strange)
    wanted = roc_auc_score([0] * 301 + [1] * 87, np.concatenate([ordinary, strange]))
    assert found["auroc"] == pytest.approx(wanted, abs=1e-12)
    assert 0 <= found["auroc_low"] < wanted < found["auroc_high"] <= 1


def test_the_interval_holds_the_truth_about_as_often_as_it_says():
    generator, truth = np.random.default_rng(0), 0.7602499  # P(N(1, 1) > N(0, 1)) = Phi(1 / sqrt(2))
    found = [area_under_curve(generator.normal(size=80), generator.normal(1, size=50)) for _ in range(600)]
    held = np.mean([one["auroc_low"] <= truth <= one["auroc_high"] for one in found])
    assert 0.92 < held < 0.97


def test_what_is_all_above_has_an_area_of_one():
    assert area_under_curve(np.arange(5.0), np.arange(5.0) + 9) == {"auroc": 1, "auroc_low": 1, "auroc_high": 1}


def test_a_picture_is_judged_by_how_many_of_the_networks_own_images_look_stranger():
    ordinary = np.array([[9, 0, 0], [5, 0, 0], [3, 0, 0], [1, 0, 0]], np.float32)
    (found,) = judge(np.array([[0, 4, 0]], np.float32), ordinary)
    assert found["guess"] == 1
    assert found["confidence"] == pytest.approx(np.exp(4) / (np.exp(4) + 2))
    assert found["energy"] == pytest.approx(-np.log(np.exp(4) + 2))
    for score in ("confidence", "energy"):
        stranger = found[f"stranger_by_{score}"]
        assert (stranger["images"], stranger["share"]) == (4, 0.5)
        assert stranger["low"] < 0.5 < stranger["high"]


def test_strangers_are_told_apart_by_both_scores():
    sure, unsure = np.eye(3, dtype=np.float32) * 9, np.eye(3, dtype=np.float32) + 0.1
    assert {name: found["auroc"] for name, found in tell_apart(sure, unsure).items()} == {"confidence": 1, "energy": 1}
    assert tell_apart(unsure, sure)["energy"]["auroc"] == 0
