"""The check on explanations: the same weights give the same, weights drawn anew do not; flat maps are left out."""

import numpy as np
import pytest
import torch
from scipy.stats import rankdata

from tests.explain.networks import images, vgg16, vgg16_hyper
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


def test_a_redrawn_network_has_other_weights_of_its_seed_and_disturbs_no_other_numbers():
    net, state = vgg16(), torch.get_rng_state()
    first, again, other = (redrawn("vgg16", vgg16_hyper(), seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    weights = [found.features[0].weight for found in (first, again, other, net)]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])
    assert not torch.equal(weights[0], weights[3])
    assert not first.training


def test_ranks_are_compared_pixel_by_pixel_and_flat_maps_have_none():
    generator = np.random.default_rng(0)
    maps, others = generator.random((5, 4, 4)), generator.random((5, 4, 4))
    others[1], others[2], maps[3] = np.exp(maps[1]), -maps[2], 7
    found = rank_correlations(maps, others)
    wanted = np.corrcoef(rankdata(maps[0]), rankdata(others[0]))[0, 1]
    np.testing.assert_allclose(found[:3], [wanted, 1, -1])
    assert np.isnan(found[3])
    assert np.isfinite(found[4])


def test_the_same_network_explains_the_same_and_a_redrawn_one_does_not():
    net, shown = vgg16(), images(12, 8)
    maps, again, other = (
        attribute(found, "features_20", shown, LABELS, 4) for found in (net, net, redrawn("vgg16", vgg16_hyper(), 7))
    )
    for name, values in compare_explanations(maps, again).items():
        np.testing.assert_allclose(values, 1, err_msg=name)
    for name, values in compare_explanations(maps, other).items():
        assert values.mean() < 0.7, name
    # Integrated gradients multiply by the image, which both have: what they have in common is not what they learned.
    assert compare_explanations(maps, other)["gradient"].mean() < 0.3


def test_a_check_holds_both_comparisons_and_nearly_the_same_image_is_explained_nearly_alike():
    net, shown = vgg16(), images(12, 8)
    redraw = redrawn("vgg16", vgg16_hyper(), 7)
    alike, error = check_explanations(net, redraw, "features_20", shown, LABELS, steps=4, jitter=1e-4, seed=0)
    assert list(alike) == ["redrawn", "jittered"]
    assert all(list(found) == list(METHODS) for found in alike.values())
    maps, other = (attribute(found, "features_20", shown, LABELS, 4) for found in (net, redraw))
    np.testing.assert_array_equal(alike["redrawn"]["gradient"], compare_explanations(maps, other)["gradient"])
    assert all(alike["jittered"][name].mean() > alike["redrawn"][name].mean() + 0.2 for name in METHODS)
    assert 0 < error < 1


def test_jitter_is_of_its_size_and_leaves_black_and_the_range():
    shown = np.full((1, 3, 64, 64), 0.5, np.float32)
    found = jittered(shown, 0.02, 0)
    assert found.dtype == np.float32
    assert (found - shown).std() == pytest.approx(0.01, rel=0.05)
    assert (jittered(0 * shown, 0.02, 0) == 0).all()
    assert jittered(2 * shown, 0.02, 0).max() == 1
    np.testing.assert_array_equal(found, jittered(shown, 0.02, 0))


def test_a_mean_leaves_out_what_there_is_not():
    found = mean_correlation(np.array([0.2, np.nan, 0.4, 0.6]))
    assert found["images"] == 3
    assert found["correlation"] == pytest.approx(0.4)
    assert found["correlation_high"] - 0.4 == pytest.approx(1.959964 * 0.2 / np.sqrt(3))
    assert mean_correlation(np.array([0.2, np.nan])) == {"images": 1}
    assert mean_correlation(np.array([np.nan])) == {"images": 0}
