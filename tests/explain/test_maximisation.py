"""Images with a high class probability: random search over noise, and gradient ascent on the pixels (bug B1.6)."""

import copy

import numpy as np
import pytest
import torch

from tests.explain.networks import convnet
from vision.explain import maximisation
from vision.explain.maximisation import maximise_activation, noise_confidences, random_search
from vision.nets import build

SHAPE, N_CLASSES = [2, 4, 4], 3


def linear(shape, n_classes, mean, std):
    """A network whose logits are linear in the pixels."""
    return build("mlp", mean=mean, std=std, shape=shape, n_classes=n_classes, hidden=[], activation="tanh").eval()


@pytest.fixture
def net():
    """A network whose logits are far apart on noise, so that probabilities come close to 0 and 1."""
    torch.manual_seed(5)
    net = linear(SHAPE, N_CLASSES, [0.2, 0.3], [0.3, 0.2])
    torch.nn.init.normal_(net.body.logits.weight, std=0.25)
    torch.nn.init.normal_(net.body.logits.bias)
    return net


def noise_of(net, images, seed, shape=SHAPE):
    """The images that a search draws, as the network takes them."""
    noise = torch.randn(images, *shape, generator=torch.Generator().manual_seed(seed))
    return noise * net.standardise.std + net.standardise.mean


@torch.no_grad()
def probabilities_of(net, images):
    return net(torch.as_tensor(images)).double().softmax(1).numpy()


# torch draws normal numbers by sixteens: only images of a multiple of 16 pixels (28 x 28 is one) are the same ones
# however many are drawn at once.
@pytest.mark.parametrize(("images", "chunk"), [(1, 8000), (200, 8000), (200, 7)])
def test_random_search_finds_the_best_of_all_images_for_each_class(net, images, chunk, monkeypatch):
    monkeypatch.setattr(maximisation, "CHUNK_IMAGES", chunk)
    before, standardise = copy.deepcopy(net.state_dict()), net.standardise
    found, reached = random_search(net, SHAPE, images, seed=3)
    assert (found.shape, found.dtype, reached.shape) == ((N_CLASSES, *SHAPE), np.float32, (N_CLASSES,))
    noise = noise_of(net, images, 3)
    probabilities = probabilities_of(net, noise)
    np.testing.assert_array_equal(found, noise[probabilities.argmax(0)].numpy())
    np.testing.assert_allclose(reached, probabilities.max(0), rtol=1e-5)
    assert net.standardise is standardise
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


def test_random_search_distinguishes_logits_that_round_to_the_same_probability():
    net = linear([1, 4, 4], 2, [0.0], [1.0])
    with torch.no_grad():
        net.body.logits.weight[0, 0], net.body.logits.bias[0] = 1, 30  # the first pixel and 30, against 0
    # In float32, probabilities this close to 1 are all 1, and the first image would win.
    found, reached = random_search(net, [1, 4, 4], 50, 0)
    noise = noise_of(net, 50, 0, [1, 4, 4])
    np.testing.assert_array_equal(found[0], noise[noise[:, 0, 0, 0].argmax()].numpy())
    assert 0 < reached[1] < 1e-9


def test_maximise_activation_raises_each_class_above_grey_within_the_pixel_range():
    net = convnet()
    before = copy.deepcopy(net.state_dict())
    images, probabilities = maximise_activation(net, [3, 16, 16], 10, steps=20, lr=0.1)
    assert (images.shape, images.dtype) == ((10, 3, 16, 16), np.float32)
    assert 0 <= images.min() < 0.5 < images.max() <= 1
    with torch.no_grad():
        start, end = net(torch.full((1, 3, 16, 16), 0.5))[0], net(torch.from_numpy(images))
    assert (end.diagonal() > start).all()
    np.testing.assert_allclose(probabilities, end.double().softmax(1).diagonal(), rtol=1e-5)
    first, _ = maximise_activation(net, [3, 16, 16], 1, steps=20, lr=0.1)
    np.testing.assert_allclose(images[:1], first, atol=1e-4)  # independent of the other classes
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in net.parameters())


def test_maximise_activation_of_a_linear_network_saturates_by_the_sign_of_its_weights():
    torch.manual_seed(0)
    net = linear([1, 4, 4], 3, [0.5], [0.5])
    torch.nn.init.normal_(net.body.logits.weight)
    images, _ = maximise_activation(net, [1, 4, 4], 3, steps=300, lr=0.1)
    np.testing.assert_allclose(images.reshape(3, 16), net.body.logits.weight.detach().numpy() > 0, atol=0.05)


def test_noise_confidences_are_the_top_probabilities_of_the_same_noise(net):
    found = noise_confidences(net, SHAPE, 20, seed=3)
    assert found == pytest.approx(probabilities_of(net, noise_of(net, 20, 3)).max(1), abs=1e-6)
