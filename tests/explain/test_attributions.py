"""Attributions against known weights, finite differences, completeness, and Grad-CAM's formula by autograd."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from tests.explain.networks import Linear, convnet, images
from vision.explain.attributions import (
    METHODS,
    as_grey,
    attribute,
    completeness_error,
    grad_cam,
    gradients,
    integrated_gradients,
    last_map,
    strengths,
)

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


def test_gradients_match_finite_differences(net):
    shown, exact = images(3, 16), copy.deepcopy(net).double()
    found = gradients(net, shown, LABELS)
    for row, channel, down, across in ((0, 0, 3, 4), (1, 1, 8, 8), (2, 2, 13, 5)):
        ends = []
        for step in (1e-5, -1e-5):
            moved = torch.from_numpy(shown[[row]]).double()
            moved[0, channel, down, across] += step
            with torch.no_grad():
                ends.append(exact(moved)[0, LABELS[row]].item())
        slope = (ends[0] - ends[1]) / 2e-5
        assert found[row, channel, down, across] == pytest.approx(
            slope, rel=1e-2, abs=1e-3 * float(np.abs(found).max())
        )


def test_integrated_gradients_sum_to_the_rise_of_the_logit_above_black(net):
    shown, labels = images(10, 16), np.arange(10)  # more images than are explained at once
    with torch.no_grad():
        logits, black = net(torch.from_numpy(shown)).numpy(), net(torch.zeros(1, 3, 16, 16)).numpy()
    rise = logits[labels, labels] - black[0, labels]
    few, many = (integrated_gradients(net, shown, labels, steps) for steps in (2, 64))
    errors = [completeness_error(net, shown, labels, found) for found in (few, many)]
    assert errors[1] < min(errors[0] / 3, 0.1)
    assert errors[1] == pytest.approx(np.abs(many.sum((1, 2, 3)) - rise).mean() / np.abs(rise).mean(), rel=1e-2)
    np.testing.assert_allclose(many.sum((1, 2, 3)), rise, atol=0.15 * np.abs(rise).max())


def test_grad_cam_weights_each_map_by_its_mean_gradient(net):
    shown, maps = torch.from_numpy(images(3, 16)), []
    hook = net.conv2.register_forward_hook(lambda _, inputs, output: maps.append(output))
    logits = net(shown)
    hook.remove()
    (slopes,) = torch.autograd.grad(logits[torch.arange(3), torch.from_numpy(LABELS)].sum(), maps[0])
    wanted = (slopes.mean((2, 3), keepdim=True) * maps[0]).sum(1).detach().numpy()
    found = grad_cam(net, net.conv2, shown.numpy(), LABELS)
    assert found.shape == (3, 2, 2)
    assert found.min() < 0  # no ReLU
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5 * np.abs(wanted).max())


def test_last_map_is_the_last_convolution_with_more_than_one_pixel():
    net = nn.Sequential(*[nn.Conv2d(3, 3, 3, stride=2, padding=1) for _ in range(3)])
    net.layers = {"first": "0", "second": "1", "third": "2"}
    assert [last_map(net, pixels) for pixels in (4, 8, 16)] == ["first", "second", "third"]
    with pytest.raises(ValueError, match="more than one pixel"):
        last_map(net, 2)
    assert not any(module._forward_hooks for module in net.modules())


def test_attribute_explains_the_given_class_and_leaves_the_network_unchanged(net):
    before, shown = copy.deepcopy(net.state_dict()), images(3, 16)
    found, other = (attribute(net, "conv2", shown, labels, 4) for labels in (LABELS, LABELS + 1))
    assert list(found) == list(METHODS)
    assert all(np.abs(found[name] - other[name]).max() > 0.1 * np.abs(found[name]).max() for name in METHODS)
    np.testing.assert_array_equal(found["gradient"], gradients(net, shown, LABELS))
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_strengths_sum_absolute_gradients_but_take_the_absolute_value_of_summed_contributions():
    maps = np.array([[[[1.0]], [[-2.0]], [[0.5]]]], np.float32)
    assert strengths("gradient", maps) == 3.5
    assert strengths("integrated_gradients", maps) == 0.5
    assert strengths("grad_cam", np.array([[[-4.0]]])) == 4


def test_as_grey_saturates_at_the_99th_percentile_and_draws_a_flat_map_black():
    maps = np.stack([np.arange(400.0).reshape(20, 20) + 5, np.full((20, 20), 3.0)])
    grey = as_grey(maps)
    assert (grey[0].min(), grey[0].max(), (grey[0] == 1).sum()) == (0, 1, 4)
    assert grey[0, 10, 0] == pytest.approx(200 / np.percentile(np.arange(400), 99))
    assert (grey[1] == 0).all()
