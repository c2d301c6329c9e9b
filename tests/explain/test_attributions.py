"""Explanations against what is known: weights, finite differences, sums, and Grad-CAM by hand."""

import copy

import numpy as np
import pytest
import torch

from tests.explain.networks import Linear, images, vgg16
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
    return vgg16()


def logit(net, shown, label):
    with torch.no_grad():
        return net(torch.from_numpy(shown[None]).double()).numpy()[0, label]


def test_of_a_linear_network_the_gradient_is_its_weights_and_the_integral_weight_times_pixel():
    linear, shown = Linear(), images(3, 6)
    np.testing.assert_allclose(gradients(linear, shown, LABELS), linear.weights[LABELS], rtol=1e-5, atol=1e-7)
    found = integrated_gradients(linear, shown, LABELS, steps=2)
    np.testing.assert_allclose(found, linear.weights[LABELS] * shown, rtol=1e-4, atol=1e-6)
    assert completeness_error(linear, shown, LABELS, found) < 1e-5


def test_a_gradient_is_what_finite_differences_are(net):
    shown, exact = images(3, 8), copy.deepcopy(net).double()
    found = gradients(net, shown, LABELS)
    for row, channel, down, across in ((0, 0, 3, 4), (1, 1, 0, 0), (2, 2, 7, 5)):
        ends = []
        for step in (1e-5, -1e-5):
            moved = shown[row].astype(np.float64)
            moved[channel, down, across] += step
            ends.append(logit(exact, moved, LABELS[row]))
        wanted = (ends[0] - ends[1]) / 2e-5
        assert found[row, channel, down, across] == pytest.approx(
            wanted, rel=1e-2, abs=1e-3 * float(np.abs(found).max())
        )


def test_integrated_gradients_add_up_to_what_the_logit_is_above_black(net):
    shown, labels = images(5, 8), np.arange(5)
    with torch.no_grad():
        logits, black = net(torch.from_numpy(shown)).numpy(), net(torch.zeros(1, 3, 8, 8)).numpy()
    rise = logits[labels, labels] - black[0, labels]
    few, many = (integrated_gradients(net, shown, labels, steps) for steps in (2, 64))
    errors = [completeness_error(net, shown, labels, found) for found in (few, many)]
    assert errors[1] < min(errors[0] / 3, 0.1)
    assert errors[1] == pytest.approx(np.abs(many.sum((1, 2, 3)) - rise).mean() / np.abs(rise).mean(), rel=1e-2)
    np.testing.assert_allclose(many.sum((1, 2, 3)), rise, atol=0.15 * np.abs(rise).max())


def test_grad_cam_is_maps_weighted_by_their_mean_gradients(net):
    shown, module = torch.from_numpy(images(3, 8)), net.features[20]
    kept = []
    hook = module.register_forward_hook(lambda _, inputs, output: kept.append(output))
    logits = net(shown)
    hook.remove()
    (slopes,) = torch.autograd.grad(logits[torch.arange(3), torch.from_numpy(LABELS)].sum(), kept[0])
    wanted = (slopes.mean((2, 3), keepdim=True) * kept[0]).sum(1).detach().numpy()
    found = grad_cam(net, module, shown.numpy(), LABELS)
    assert found.shape == (3, 2, 2)
    assert found.min() < 0
    np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5 * np.abs(wanted).max())


@pytest.mark.parametrize(("pixels", "layer"), [(8, "features_20"), (28, "features_40"), (32, "features_40")])
def test_the_last_map_is_that_of_the_last_convolution_with_more_than_a_pixel(pixels, layer):
    net = vgg16(pixels)
    assert last_map(net, pixels) == layer
    assert not any(module._forward_hooks for module in net.modules())


def test_where_every_map_is_one_pixel_there_is_no_last_one(net):
    with pytest.raises(ValueError, match="more than one pixel"):
        last_map(net, 1)


def test_all_methods_explain_the_class_that_is_asked_for_and_leave_the_network(net):
    before, shown = copy.deepcopy(net.state_dict()), images(3, 8)
    found, other = (attribute(net, "features_20", shown, labels, 4) for labels in (LABELS, LABELS + 1))
    assert list(found) == list(METHODS)
    assert all(np.abs(found[name] - other[name]).max() > 0.1 * np.abs(found[name]).max() for name in METHODS)
    np.testing.assert_array_equal(found["gradient"], gradients(net, shown, LABELS))
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_strengths_add_absolute_gradients_and_take_the_absolute_value_of_what_adds_up():
    maps = np.array([[[[1.0]], [[-2.0]], [[0.5]]]], np.float32)
    assert strengths("gradient", maps) == 3.5
    assert strengths("integrated_gradients", maps) == 0.5
    assert strengths("grad_cam", np.array([[[-4.0]]])) == 4


def test_grey_ends_at_the_percentile_and_a_flat_map_is_black():
    maps = np.stack([np.arange(400.0).reshape(20, 20) + 5, np.full((20, 20), 3.0)])
    grey = as_grey(maps)
    assert (grey[0].min(), grey[0].max(), (grey[0] == 1).sum()) == (0, 1, 4)
    assert grey[0, 10, 0] == pytest.approx(200 / np.percentile(np.arange(400), 99))
    assert (grey[1] == 0).all()
