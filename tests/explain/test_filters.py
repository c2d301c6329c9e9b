"""Gradient ascent on pixels: the response of one filter rises, pixels stay in [0, 1], the network is left unchanged."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.explain.networks import Linear, convnet, images
from vision.explain.filters import convolution, maximise_filter
from vision.pipeline.errors import UserError


@pytest.fixture(scope="module")
def net():
    return convnet()


def response(net, layer, number, shown):
    """The mean of a filter's map, computed layer after layer as in ConvNet.forward."""
    with torch.no_grad():
        maps = net.conv1((torch.from_numpy(shown) - net.standardise.mean) / net.standardise.std)
        if layer == "conv2":
            maps = net.conv2(F.relu(F.max_pool2d(maps, 2)))
    return maps[:, number].mean((1, 2)).numpy()


@pytest.mark.parametrize("layer", ["conv1", "conv2"])
def test_maximise_filter_raises_the_response_of_that_filter(net, layer):
    before, start, frames_of = copy.deepcopy(net.state_dict()), images(2, 16), {}
    for number in (1, 5):
        module = convolution(net, layer, [number])
        frames, reached = maximise_filter(net, module, number, start, iterations=6, every=2, lr=0.1)
        assert (frames.shape, frames.dtype, reached.shape) == ((2, 4, 3, 16, 16), np.float32, (2, 7))
        assert 0 <= frames.min() < frames.max() <= 1
        np.testing.assert_array_equal(frames[:, 0], start)
        # The start lies half a grey level inside of [0, 1], hence the tolerance.
        np.testing.assert_allclose(reached[:, 0], response(net, layer, number, start), rtol=0.05, atol=0.01)
        for place in (1, 2, 3):
            wanted = response(net, layer, number, frames[:, place])
            np.testing.assert_allclose(reached[:, 2 * place], wanted, rtol=1e-3, atol=1e-5)
        assert (np.diff(reached[:, ::2], axis=1) > 0).all()
        frames_of[number] = frames[:, -1]
    for number, other in ((1, 5), (5, 1)):
        raised, not_raised = (response(net, layer, number, frames_of[which]) for which in (number, other))
        assert (raised > not_raised).all()
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not any(module._forward_hooks for module in net.modules())


def test_maximise_filter_changes_each_image_independently(net):
    start = images(3, 16)
    together = maximise_filter(net, net.conv2, 1, start, iterations=6, every=3, lr=0.1)[0]
    alone = maximise_filter(net, net.conv2, 1, start[1:2], iterations=6, every=3, lr=0.1)[0]
    np.testing.assert_allclose(together[1:2], alone, atol=1e-4)


def test_first_step_follows_the_weights_of_a_linear_filter():
    net, start = Linear(), np.full((1, 3, 6, 6), 0.5, np.float32)
    with torch.no_grad():
        net.convolution.weight[1] = torch.tensor([1.0, -2.0, 0.0])[:, None, None]
    frames, reached = maximise_filter(net, net.convolution, 1, start, iterations=1, every=1, lr=0.1)
    steps = (frames[0, 1] - 0.5).mean((1, 2))
    np.testing.assert_allclose(steps, [0.025, -0.025, 0], atol=1e-4)  # a quarter of the rate: the sigmoid's slope
    np.testing.assert_allclose(reached, [[-0.5, -0.5 + 3 * 0.025]], atol=1e-3)


def test_black_pixels_can_change():
    net, start = Linear(), np.zeros((1, 3, 6, 6), np.float32)
    frames, reached = maximise_filter(net, net.convolution, 1, start, iterations=40, every=40, lr=0.2)
    assert frames[0, 1, 1].min() > 0.2
    assert reached[0, -1] > 0.2


def test_convolution_refuses_other_layers_and_missing_channels(net):
    with pytest.raises(UserError, match=r"explanations\.layer is 'features': .*conv1, conv2"):
        convolution(net, "features", [0])
    with pytest.raises(UserError, match=r"explanations\.filters holds 32: should be below 32"):
        convolution(net, "conv1", [1, 32])
