"""Attributions against known weights, finite differences, completeness and autograd; their sanity check."""

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from torch import nn

from tests.explain.networks import CONVNET_HYPER, Linear, convnet, images
from vision.explain import attributions
from vision.explain.attributions import METHODS, attribute, completeness_error, gradients, integrated_gradients

LABELS = np.array([2, 0, 3])


@pytest.fixture(scope="module")
def net():
    return convnet()


def test_attributions_of_a_linear_network_are_its_weights_and_weight_times_pixel():
    linear, shown = Linear(), images(3, 6)
    np.testing.assert_allclose(gradients(linear, shown, LABELS), linear.weights[LABELS], rtol=1e-5, atol=1e-7)
    found = integrated_gradients(linear, shown, LABELS, steps=2)
    np.testing.assert_allclose(found, linear.weights[LABELS] * shown, rtol=1e-4, atol=1e-6)
    assert completeness_error(linear, shown, LABELS, found) < 1e-5


def test_integrated_gradients_sum_to_the_rise_of_the_logit_above_black(net):
    shown, labels = images(10, 16), np.arange(10)  # more images than are explained at once
    with torch.no_grad():
        logits, black = net(torch.from_numpy(shown)).numpy(), net(torch.zeros(1, 3, 16, 16)).numpy()
    rise = logits[labels, labels] - black[0, labels]
    maps = integrated_gradients(net, shown, labels, 64)
    error = np.abs(maps.sum((1, 2, 3)) - rise).mean() / np.abs(rise).mean()
    assert error < 0.1
    assert completeness_error(net, shown, labels, maps) == pytest.approx(error, rel=1e-2)


def test_grad_cam_weights_each_map_by_its_mean_gradient(net):
    shown, maps = torch.from_numpy(images(3, 16)), []
    hook = net.conv2.register_forward_hook(lambda _, inputs, output: maps.append(output))
    logits = net(shown)
    hook.remove()
    (slopes,) = torch.autograd.grad(logits[torch.arange(3), torch.from_numpy(LABELS)].sum(), maps[0])
    expected = (slopes.mean((2, 3), keepdim=True) * maps[0]).sum(1).detach().numpy()
    found = attributions.grad_cam(net, net.conv2, shown.numpy(), LABELS)
    assert found.min() < 0  # no ReLU
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5 * np.abs(expected).max())


def test_last_map_is_the_last_convolution_with_more_than_one_pixel():
    net = nn.Sequential(*[nn.Conv2d(3, 3, 3, stride=2, padding=1) for _ in range(3)])
    net.layers = {"first": "0", "second": "1", "third": "2"}
    assert [attributions.last_map(net, pixels) for pixels in (4, 8, 16)] == ["first", "second", "third"]


def test_magnitude_sums_absolute_gradients_but_takes_the_absolute_value_of_summed_contributions():
    colour, grey = np.array([1.0, -2.0, 0.5]).reshape(1, 3, 1, 1), np.array([[[-4.0]]])
    found = [attributions.magnitude(name, maps) for name, maps in zip(METHODS, (colour, colour, grey), strict=True)]
    assert found == [3.5, 0.5, 4]


def test_as_grey_saturates_at_the_99th_percentile_and_draws_a_flat_map_black():
    maps = np.stack([np.arange(400.0).reshape(20, 20) + 5, np.full((20, 20), 3.0)])
    grey = attributions.as_grey(maps)
    assert (grey[0].min(), grey[0].max(), (grey[0] == 1).sum()) == (0, 1, 4)
    assert grey[0, 10, 0] == pytest.approx(200 / np.percentile(np.arange(400), 99))
    assert (grey[1] == 0).all()


def test_randomised_weights_depend_on_the_seed_and_leave_the_global_generator():
    state = torch.get_rng_state()
    first, again, other = (attributions.randomised_weights("convnet", CONVNET_HYPER, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert [torch.equal(first.conv1.weight, net.conv1.weight) for net in (again, other)] == [True, False]


def test_rank_correlations_match_scipy_and_are_nan_for_flat_maps():
    generator = np.random.default_rng(0)
    maps, others = generator.random((5, 4, 4)), generator.random((5, 4, 4))
    others[1], others[2], maps[3] = np.exp(maps[1]), -maps[2], 7
    ranked = np.arange(80).reshape(5, 4, 4) % 5 > 0
    ranked[4] = False
    found = attributions.rank_correlations(maps, others, ranked)
    expected = spearmanr(maps[0][ranked[0]], others[0][ranked[0]]).statistic
    np.testing.assert_allclose(found[:3], [expected, 1, -1])
    assert np.isnan(found).tolist() == [False, False, False, True, True]


def test_unrelated_maps_that_are_pixels_times_noise_correlate_most_where_black_pixels_are_ranked():
    shown = images(60, 16).mean(1, keepdims=True).repeat(3, 1)
    shown[:, :, :8] = 0
    shown[:, :, 8:12] **= 8
    lit = shown.max(1) > 0
    everywhere, of_lit, of_flat = (
        attributions.unrelated_correlations(*arguments, 0).mean()
        for arguments in ((shown, np.full_like(lit, True)), (shown, lit), (np.ones_like(shown), lit))
    )
    assert everywhere > of_lit + 0.05
    assert of_lit > 0.2
    assert abs(of_flat) < 0.05


def test_check_attributions_compares_with_randomised_weights_and_with_perturbed_images(net):
    shown, labels = images(12, 16), np.arange(12) % 10
    shown[:, :, :4] = 0
    lit = shown.max(1) > 0
    randomised = attributions.randomised_weights("convnet", CONVNET_HYPER, 7)
    options = {"steps": 4, "jitter": 1e-4, "seed": 0}
    found, error = attributions.check_attributions(net, randomised, "conv2", shown, labels, **options)
    maps, others = (attribute(one, "conv2", shown, labels, 4) for one in (net, randomised))
    for name in METHODS:
        pair = [attributions.magnitude(name, one[name]) for one in (maps, others)]
        expected = attributions.rank_correlations(
            *pair, np.full_like(pair[0], True, bool) if name == "grad_cam" else lit
        )
        np.testing.assert_array_equal(found["randomised_weights"][name], expected)
        assert found["perturbed"][name].mean() > max(0.9, expected.mean() + 0.2)
    assert found["unrelated_maps"].keys() == {"integrated_gradients"}
    assert error == completeness_error(net, shown, labels, maps["integrated_gradients"])


def test_perturbation_is_relative_to_the_pixel_and_stays_in_range():
    shown = np.full((1, 3, 64, 64), 0.5, np.float32)
    found = attributions.perturbed(shown, 0.02, 0)
    assert (found - shown).std() == pytest.approx(0.01, rel=0.05)
    assert (attributions.perturbed(0 * shown, 0.02, 0) == 0).all()
    assert attributions.perturbed(2 * shown, 0.02, 0).max() == 1


def test_mean_correlation_leaves_out_nan_and_needs_two_values():
    half = 1.959964 * 0.2 / np.sqrt(3)
    found = attributions.mean_correlation(np.array([0.2, np.nan, 0.4, 0.6]))
    assert found[:4] == pytest.approx((0.4, 0.4 - half, 0.4 + half, 3))
    assert attributions.mean_correlation(np.array([0.99, 0.5])).high == 1
    assert attributions.mean_correlation(np.array([0.2, np.nan])) is None
