"""Cross-entropy is divergence plus entropy; when they are equal, and least together (row F18, bug B4.10)."""

import numpy as np
import pytest
from scipy.stats import entropy as scipy_entropy

from vision.evidence.entropy import LABEL, cross_entropy, divergence, entropy, minimisers


@pytest.fixture
def drawn():
    """Two times 100 distributions over ten classes, from nearly certain to nearly constant."""
    generator = np.random.default_rng(0)
    weights = np.exp(generator.normal(size=(2, 100, 10)) * np.geomspace(0.1, 10, 100)[:, None])
    return weights / weights.sum(-1, keepdims=True)


def test_entropy_and_divergence_match_scipy_and_add_up_to_cross_entropy(drawn):
    p, q = drawn
    assert entropy(p) == pytest.approx(scipy_entropy(p, axis=-1))
    assert divergence(p, q) == pytest.approx(scipy_entropy(p, q, axis=-1))
    assert cross_entropy(p, q) == pytest.approx(divergence(p, q) + entropy(p))


def test_cross_entropy_and_divergence_are_equal_for_certain_labels_and_not_for_constant_ones(drawn):
    certain, constant = np.eye(10), np.full(10, 0.1)
    for q in drawn[1][:10]:
        assert cross_entropy(certain, q) == pytest.approx(divergence(certain, q))
        assert cross_entropy(constant, q) - divergence(constant, q) == pytest.approx(np.log(10))


def test_cross_entropy_is_infinite_where_the_prediction_rules_out_what_happens():
    p, q = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    assert cross_entropy(p, q) == divergence(p, q) == np.inf
    assert np.isfinite(divergence(q, p))


def test_minimisers_are_the_same_for_fixed_labels_and_not_the_other_way_round():
    right, changed_over = minimisers()
    assert right["cross_entropy"] == right["divergence"] == pytest.approx(LABEL)
    assert changed_over["divergence"] == pytest.approx(LABEL)
    assert changed_over["cross_entropy"] == 1
