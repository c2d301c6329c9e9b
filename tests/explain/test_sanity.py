"""The sanity check of explanations (Adebayo et al., 2018): equal weights give equal maps, random weights do not."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from tests.explain.networks import CONVNET_HYPER, convnet, images
from vision.explain.attributions import METHODS, attribute
from vision.explain.sanity import (
    check_explanations,
    compare_explanations,
    jittered,
    mean_correlation,
    rank_correlations,
    redrawn,
)

LABELS = np.arange(12) % 10


def test_redrawn_draws_weights_by_seed_and_leaves_the_global_generator():
    net, state = convnet(), torch.get_rng_state()
    first, again, other = (redrawn("convnet", CONVNET_HYPER, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    weights = [found.conv1.weight for found in (first, again, other, net)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not torch.equal(weights[0], weights[3])
    assert not first.training


def test_rank_correlations_match_scipy_and_are_nan_for_flat_maps():
    generator = np.random.default_rng(0)
    maps, others = generator.random((5, 4, 4)), generator.random((5, 4, 4))
    others[1], others[2], maps[3] = np.exp(maps[1]), -maps[2], 7
    found = rank_correlations(maps, others)
    np.testing.assert_allclose(found[:3], [spearmanr(maps[0].ravel(), others[0].ravel()).statistic, 1, -1])
    assert np.isnan(found[3])
    assert np.isfinite(found[4])


def test_check_explanations_compares_with_redrawn_weights_and_with_jittered_images():
    net, redraw, shown = convnet(), redrawn("convnet", CONVNET_HYPER, 7), images(12, 16)
    alike, error = check_explanations(net, redraw, "conv2", shown, LABELS, steps=4, jitter=1e-4, seed=0)
    assert list(alike) == ["redrawn", "jittered"]
    maps, other = (attribute(found, "conv2", shown, LABELS, 4) for found in (net, redraw))
    assert all(np.allclose(values, 1) for values in compare_explanations(maps, maps).values())
    wanted = compare_explanations(maps, other)
    for name in METHODS:
        np.testing.assert_array_equal(alike["redrawn"][name], wanted[name])
        assert alike["jittered"][name].mean() > max(0.9, wanted[name].mean() + 0.2)
    assert wanted["gradient"].mean() < 0.7
    assert 0 < error < 1


def test_jitter_scales_with_the_pixel_and_stays_in_range():
    shown = np.full((1, 3, 64, 64), 0.5, np.float32)
    found = jittered(shown, 0.02, 0)
    assert found.dtype == np.float32
    assert (found - shown).std() == pytest.approx(0.01, rel=0.05)
    assert (jittered(0 * shown, 0.02, 0) == 0).all()
    assert jittered(2 * shown, 0.02, 0).max() == 1
    np.testing.assert_array_equal(found, jittered(shown, 0.02, 0))


def test_mean_correlation_leaves_out_nan_and_needs_two_values():
    found = mean_correlation(np.array([0.2, np.nan, 0.4, 0.6]))
    assert found["images"] == 3
    assert found["correlation"] == pytest.approx(0.4)
    assert found["correlation_high"] - 0.4 == pytest.approx(1.959964 * 0.2 / np.sqrt(3))
    assert mean_correlation(np.array([0.99, 0.5]))["correlation_high"] == 1
    assert mean_correlation(np.array([0.2, np.nan])) == {"images": 1}
