"""Row F18 and bug B4.10: cross-entropy is divergence and entropy, added; when they are equal, and least together."""

import numpy as np
import pytest
from scipy.stats import entropy as of_scipy

from vision.evidence.entropy import LABEL, cross_entropy, divergence, entropy, examples, minimisers


@pytest.fixture
def drawn():
    """Two times 500 distributions over ten classes, from nearly certain to nearly constant."""
    generator = np.random.default_rng(0)
    weights = np.exp(generator.normal(size=(2, 500, 10)) * np.geomspace(0.1, 10, 500)[:, None])
    return weights / weights.sum(-1, keepdims=True)


def test_they_are_what_scipy_computes(drawn):
    p, q = drawn
    assert entropy(p) == pytest.approx(of_scipy(p, axis=-1))
    assert divergence(p, q) == pytest.approx(of_scipy(p, q, axis=-1))


def test_cross_entropy_is_divergence_and_entropy(drawn):
    p, q = drawn
    assert cross_entropy(p, q) == pytest.approx(divergence(p, q) + entropy(p))
    assert (divergence(p, q) > 0).all()
    assert divergence(p, p) == pytest.approx(0, abs=1e-12)


def test_both_are_equal_where_labels_are_certain_and_not_where_they_are_constant(drawn):
    certain, constant = np.eye(10), np.full(10, 0.1)
    for q in drawn[1]:
        assert cross_entropy(certain, q) == pytest.approx(divergence(certain, q))
        assert cross_entropy(constant, q) - divergence(constant, q) == pytest.approx(np.log(10))


def test_what_is_ruled_out_and_happens_costs_everything():
    p, q = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    assert cross_entropy(p, q) == divergence(p, q) == np.inf
    assert np.isfinite(divergence(q, p))


def test_minimisers_are_the_same_for_fixed_labels_and_not_the_other_way_round():
    right, changed_over = minimisers()
    assert right["cross_entropy"] == right["divergence"] == pytest.approx(LABEL)
    assert changed_over["divergence"] == pytest.approx(LABEL)
    assert changed_over["cross_entropy"] == 1


def test_examples_add_up():
    for row in examples():
        assert row["cross_entropy"] == pytest.approx(row["divergence"] + row["entropy"])
    assert str(examples()[0]["entropy"]) == "0.0"  # and not -0.0, which the page would print
