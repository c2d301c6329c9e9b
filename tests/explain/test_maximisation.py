"""Images that a network is sure of: a random search that forgets nothing, and an ascent that changes only pixels."""

import copy

import numpy as np
import pytest
import torch

from vision.explain import maximisation
from vision.explain.maximisation import maximise_activation, noise_confidences, random_search
from vision.nets import build

SHAPE, N_CLASSES = [2, 4, 4], 3


def linear(shape, n_classes, mean, std):
    """A network whose logits are linear in the pixels."""
    return build("mlp", mean=mean, std=std, shape=shape, n_classes=n_classes, hidden=[], activation="tanh").eval()


@pytest.fixture
def net():
    """One whose logits are wide apart on noise, so that probabilities reach both ends."""
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


@pytest.mark.parametrize("images", [1, 7, 200])
def test_a_random_search_finds_the_best_of_all_its_images(net, images):
    found, reached = random_search(net, SHAPE, images, seed=3)
    assert (found.shape, found.dtype, reached.shape) == ((N_CLASSES, *SHAPE), np.float32, (N_CLASSES,))
    noise = noise_of(net, images, 3)
    probabilities = probabilities_of(net, noise)
    np.testing.assert_array_equal(found, noise[probabilities.argmax(0)].numpy())
    np.testing.assert_allclose(reached, probabilities.max(0), rtol=1e-5)
    np.testing.assert_allclose(reached, probabilities_of(net, found).diagonal(), rtol=1e-5)


def test_a_random_search_leaves_the_network_as_it_was(net):
    before, standardise = copy.deepcopy(net.state_dict()), net.standardise
    random_search(net, SHAPE, 5, seed=0)
    assert net.standardise is standardise
    assert net.state_dict().keys() == before.keys()
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


# torch draws normal numbers by sixteens: only images of a multiple of 16 pixels (28 x 28 is one) are the same ones
# however many are drawn at once.
@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_a_random_search_does_not_depend_on_how_many_images_are_in_memory(net, chunk, monkeypatch):
    whole = random_search(net, SHAPE, 100, seed=0)
    monkeypatch.setattr(maximisation, "CHUNK_IMAGES", chunk)
    found, reached = random_search(net, SHAPE, 100, seed=0)
    np.testing.assert_array_equal(found, whole[0])
    np.testing.assert_allclose(reached, whole[1], rtol=1e-5)


def test_a_longer_random_search_is_never_worse(net, monkeypatch):
    monkeypatch.setattr(maximisation, "CHUNK_IMAGES", 16)
    reached = np.array([random_search(net, SHAPE, images, seed=0)[1] for images in (1, 5, 40, 300, 2000)])
    assert (np.diff(reached, axis=0) >= -1e-6).all()
    assert (reached[-1] > reached[0]).all()


def test_a_random_search_keeps_logits_apart_that_round_to_the_same_probability():
    net = linear([1, 4, 4], 2, [0.0], [1.0])
    with torch.no_grad():
        net.body.logits.weight[0, 0], net.body.logits.bias[0] = 1, 30  # the first pixel and 30, against 0
    # In float32, probabilities this close to 1 are all 1, and the first image would win.
    found, reached = random_search(net, [1, 4, 4], 50, 0)
    noise = noise_of(net, 50, 0, [1, 4, 4])
    np.testing.assert_array_equal(found[0], noise[noise[:, 0, 0, 0].argmax()].numpy())
    assert 0 < reached[1] < 1e-9


def test_the_seed_decides_a_random_search(net):
    first, again, other = (random_search(net, SHAPE, 50, seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", ["mlp", "convnet"])
def test_an_ascent_makes_each_class_likelier_than_on_grey_and_stays_an_image(name):
    hyper = {"mlp": {"hidden": [20], "activation": "relu"}, "convnet": {"dropout": 0.5}}[name]
    torch.manual_seed(0)
    net = build(name, mean=[0.2, 0.3], std=[0.3, 0.2], shape=[2, 16, 16], n_classes=4, **hyper).eval()
    before = copy.deepcopy(net.state_dict())
    grey = torch.full((1, 2, 16, 16), 0.5)
    images, probabilities = maximise_activation(net, [2, 16, 16], 4, steps=40, lr=0.1)
    assert (images.shape, images.dtype) == ((4, 2, 16, 16), np.float32)
    assert 0 <= images.min() < 0.5 < images.max() <= 1
    with torch.no_grad():
        start, end = net(grey)[0], net(torch.from_numpy(images))
    assert (end.diagonal() > start).all()
    assert (probabilities > start.softmax(0).numpy()).all()
    np.testing.assert_allclose(probabilities, end.double().softmax(1).diagonal(), rtol=1e-5)
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in net.parameters())
    assert not net.training


def test_the_ascent_of_a_linear_net_goes_where_its_weights_point():
    torch.manual_seed(0)
    net = linear([1, 4, 4], 3, [0.5], [0.5])
    torch.nn.init.normal_(net.body.logits.weight)
    images, _ = maximise_activation(net, [1, 4, 4], 3, steps=300, lr=0.1)
    signs = net.body.logits.weight.detach().numpy() > 0
    np.testing.assert_array_equal(images.reshape(3, 16) > 0.5, signs)
    np.testing.assert_allclose(images.reshape(3, 16), signs, atol=0.05)


def test_a_class_ascends_alone():
    torch.manual_seed(0)
    net = build("mlp", mean=[0.5], std=[0.5], shape=[1, 4, 4], n_classes=3, hidden=[10], activation="tanh")
    images, _ = maximise_activation(net, [1, 4, 4], 3, steps=20, lr=0.1)
    first, _ = maximise_activation(net, [1, 4, 4], 1, steps=20, lr=0.1)
    np.testing.assert_allclose(images[:1], first, atol=1e-5)


def test_confidence_on_noise_is_the_highest_probability_of_the_same_noise(net):
    found = noise_confidences(net, SHAPE, 20, seed=3)
    assert found == pytest.approx(probabilities_of(net, noise_of(net, 20, 3)).max(1), abs=1e-6)
    assert found.min() >= 1 / N_CLASSES
    assert found.max() <= random_search(net, SHAPE, 20, 3)[1].max() + 1e-6
