"""Gradient ascent on pixels: one filter's response rises, frames are kept, pixels stay pixels, the network is left."""

import copy

import numpy as np
import pytest
import torch

from tests.explain.networks import Linear, images, vgg16
from vision.explain.filters import convolution, maximise_filter
from vision.pipeline.errors import UserError


@pytest.fixture(scope="module")
def net():
    return vgg16()


def response(net, layer, number, shown):
    """The mean of a filter's map, by another way: the layers below it, one after the other."""
    with torch.no_grad():
        maps = (torch.from_numpy(shown) - net.standardise.mean) / net.standardise.std
        for module in list(net.features):
            maps = module(maps)
            if module is layer:
                return maps[:, number].mean((1, 2)).numpy()
    raise AssertionError


@pytest.mark.parametrize(("layer", "number"), [("features_0", 5), ("features_17", 1), ("features_34", 1)])
def test_the_response_of_the_filter_rises_as_frames_show(net, layer, number):
    before, module, start = copy.deepcopy(net.state_dict()), convolution(net, layer, [number]), images(2, 16)
    frames, reached = maximise_filter(net, module, number, start, iterations=6, every=2, lr=0.1)
    assert (frames.shape, frames.dtype) == ((2, 4, 3, 16, 16), np.float32)
    assert reached.shape == (2, 7)
    assert frames.min() >= 0
    assert frames.max() <= 1
    np.testing.assert_array_equal(frames[:, 0], start)
    np.testing.assert_allclose(reached[:, 0], response(net, module, number, start), rtol=0.05, atol=0.01)
    for place in (1, 2, 3):
        wanted = response(net, module, number, frames[:, place])
        np.testing.assert_allclose(reached[:, 2 * place], wanted, rtol=1e-3, atol=1e-5)
    assert (np.diff(reached[:, ::2], axis=1) > 0).all()
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not any(module._forward_hooks for module in net.modules())


def test_one_filter_is_raised_and_not_another(net):
    module = convolution(net, "features_17", [0, 1])
    found = [maximise_filter(net, module, number, images(1, 16), iterations=8, every=8, lr=0.1)[0] for number in (0, 1)]
    for number in (0, 1):
        own, other = (response(net, module, number, frames[:, -1]) for frames in (found[number], found[1 - number]))
        assert own > other


def test_each_image_rises_by_itself(net):
    module, start = convolution(net, "features_17", [1]), images(3, 16)
    together = maximise_filter(net, module, 1, start, iterations=6, every=3, lr=0.1)[0]
    alone = maximise_filter(net, module, 1, start[1:2], iterations=6, every=3, lr=0.1)[0]
    np.testing.assert_allclose(together[1:2], alone, atol=1e-4)


def test_pixels_move_as_the_weights_of_a_linear_filter_say_and_no_further_than_the_rate():
    net, start = Linear(), np.full((1, 3, 6, 6), 0.5, np.float32)
    with torch.no_grad():
        net.convolution.weight[1] = torch.tensor([1.0, -2.0, 0.0])[:, None, None]
    frames, reached = maximise_filter(net, net.convolution, 1, start, iterations=1, every=1, lr=0.1)
    steps = (frames[0, 1] - 0.5).mean((1, 2))
    np.testing.assert_allclose(steps, [0.025, -0.025, 0], atol=1e-4)  # a quarter of the rate: the sigmoid's slope
    np.testing.assert_allclose(reached, [[-0.5, -0.5 + 3 * 0.025]], atol=1e-3)


def test_black_and_white_can_move():
    net, start = Linear(), np.zeros((1, 3, 6, 6), np.float32)
    frames, reached = maximise_filter(net, net.convolution, 1, start, iterations=40, every=40, lr=0.2)
    assert frames[0, 1, 1].min() > 0.2
    assert reached[0, -1] > 0.2


def test_a_layer_that_is_no_convolution_or_too_narrow_is_one_line(net):
    with pytest.raises(UserError, match=r"^explanations\.layer is 'features_1': should be a convolution, one of feat"):
        convolution(net, "features_1", [0])
    message = r"^explanations\.filters holds 64: should be below 64, the filters of features_0$"
    with pytest.raises(UserError, match=message):
        convolution(net, "features_0", [1, 64])
