"""Random search over noise, and gradient ascent on the pixels for a class or a filter."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.explain.networks import Linear, convnet, images
from vision.explain import maximisation
from vision.explain.maximisation import convolution, maximise_activation, maximise_filter, random_search
from vision.nets import build

SHAPE = [1, 4, 4]


def linear(n_classes, std):
    """A network whose logits are linear in the pixels, with random weights."""
    torch.manual_seed(5)
    net = build("mlp", mean=[0.2], std=[0.3], shape=SHAPE, n_classes=n_classes, hidden=[], activation="tanh").eval()
    torch.nn.init.normal_(net.body.logits.weight, std=std)
    return net


def noise_of(net, count, seed):
    """The images that a search draws, as inputs of the network."""
    noise = torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(seed))
    return noise * net.standardise.std + net.standardise.mean


# torch draws normal numbers by sixteens: only images of a multiple of 16 pixels are the same in chunks of any size.
@pytest.mark.parametrize(("count", "chunk"), [(1, 8000), (200, 7)])
def test_random_search_finds_the_best_of_all_images_for_each_class(count, chunk, monkeypatch):
    monkeypatch.setattr(maximisation, "CHUNK_IMAGES", chunk)
    net = linear(3, std=0.25)
    standardise, noise = net.standardise, noise_of(net, count, 3)
    found, reached, confidences = random_search(net, SHAPE, count, seed=3)
    with torch.no_grad():
        probabilities = net(noise).double().softmax(1).numpy()
    np.testing.assert_array_equal(found, noise[probabilities.argmax(0)].numpy())
    np.testing.assert_allclose(reached, probabilities.max(0), rtol=1e-5)
    np.testing.assert_allclose(confidences, probabilities.max(1)[:chunk], atol=1e-6)
    assert net.standardise is standardise


def test_random_search_distinguishes_logits_that_round_to_the_same_probability():
    net = linear(2, std=0)
    with torch.no_grad():
        net.body.logits.weight[0, 0], net.body.logits.bias[0] = 1, 30  # the first pixel and 30, against 0
    # In float32, probabilities this close to 1 are all 1, and the first image would win.
    found, reached, _ = random_search(net, SHAPE, 50, 0)
    noise = noise_of(net, 50, 0)
    np.testing.assert_array_equal(found[0], noise[noise[:, 0, 0, 0].argmax()].numpy())
    assert 0 < reached[1] < 1e-9


def test_maximise_activation_raises_each_class_above_grey_within_the_pixel_range():
    net = convnet()
    found, probabilities = maximise_activation(net, [3, 16, 16], 10, steps=20, lr=0.1)
    assert 0 <= found.min() < 0.5 < found.max() <= 1
    with torch.no_grad():
        start, end = net(torch.full((1, 3, 16, 16), 0.5))[0], net(torch.from_numpy(found))
    assert (end.diagonal() > start).all()
    np.testing.assert_allclose(probabilities, end.double().softmax(1).diagonal(), rtol=1e-5)


def response(net, shown):
    """The mean of channel 5 of conv2, computed layer after layer as in ConvNet.forward."""
    with torch.no_grad():
        maps = net.conv1((torch.from_numpy(shown) - net.standardise.mean) / net.standardise.std)
        return net.conv2(F.relu(F.max_pool2d(maps, 2)))[:, 5].mean((1, 2)).numpy()


def test_maximise_filter_raises_the_response_of_that_filter():
    net, start = convnet(), images(2, 16)
    before = copy.deepcopy(net.state_dict())
    frames, reached = maximise_filter(net, convolution(net, "conv2", [5]), 5, start, iterations=6, every=2, lr=0.1)
    np.testing.assert_array_equal(frames[:, 0], start)
    # The start lies half a grey level inside of [0, 1], hence the tolerance.
    np.testing.assert_allclose(reached[:, 0], response(net, start), rtol=0.05, atol=0.01)
    for number in (1, 2, 3):
        np.testing.assert_allclose(reached[:, 2 * number], response(net, frames[:, number]), rtol=1e-3, atol=1e-5)
    assert (np.diff(reached[:, ::2], axis=1) > 0).all()
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert not any(module._forward_hooks for module in net.modules())


def test_maximise_filter_follows_the_weights_of_a_linear_filter_also_from_black():
    net = Linear()
    with torch.no_grad():
        net.convolution.weight[1] = torch.tensor([1.0, -2.0, 0.0])[:, None, None]
    start = np.stack([np.full((3, 6, 6), level, np.float32) for level in (0.5, 0)])
    frames, reached = maximise_filter(net, net.convolution, 1, start, iterations=40, every=1, lr=0.1)
    steps = (frames[0, 1] - 0.5).mean((1, 2))
    np.testing.assert_allclose(steps, [0.025, -0.025, 0], atol=1e-4)  # a quarter of the rate: the sigmoid's slope
    np.testing.assert_allclose(reached[0, :2], [-0.5, -0.5 + 3 * 0.025], atol=1e-3)
    assert frames[1, -1, 0].min() > 0.05
