"""Images that a network is sure of: a random search that forgets nothing, and a climb that changes only pixels."""

import copy

import numpy as np
import pytest
import torch

from vision import explain
from vision.nets import build

SIZE, N_CLASSES = 32, 3


@pytest.fixture
def classify():
    """Logits linear in the pixels; wide apart, so that probabilities reach both ends."""
    generator = torch.Generator().manual_seed(5)
    weights, bias = torch.randn(SIZE, N_CLASSES, generator=generator), torch.randn(N_CLASSES, generator=generator)
    return lambda pixels: pixels @ weights / 4 + bias


def probabilities_of(classify, images):
    return classify(torch.as_tensor(images)).double().softmax(1).numpy()


@pytest.mark.parametrize("images", [1, 7, 200])
def test_a_random_search_finds_the_best_of_all_its_images(classify, images):
    found, reached = explain.random_search(classify, SIZE, images, seed=3)
    assert (found.shape, found.dtype, reached.shape) == ((N_CLASSES, SIZE), np.float32, (N_CLASSES,))
    noise = torch.randn(images, SIZE, generator=torch.Generator().manual_seed(3))
    probabilities = probabilities_of(classify, noise)
    np.testing.assert_array_equal(found, noise[probabilities.argmax(0)].numpy())
    np.testing.assert_allclose(reached, probabilities.max(0), rtol=1e-5)
    np.testing.assert_allclose(reached, probabilities_of(classify, found).diagonal(), rtol=1e-5)


# torch draws normal numbers by sixteens: only images of a multiple of 16 pixels (28 x 28 is one) are the same ones
# however many are drawn at once.
@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_a_random_search_does_not_depend_on_how_many_images_are_in_memory(classify, chunk, monkeypatch):
    whole = explain.random_search(classify, SIZE, 100, seed=0)
    monkeypatch.setattr(explain, "CHUNK_IMAGES", chunk)
    found, reached = explain.random_search(classify, SIZE, 100, seed=0)
    np.testing.assert_array_equal(found, whole[0])
    np.testing.assert_allclose(reached, whole[1], rtol=1e-5)


def test_a_longer_random_search_is_never_worse(classify, monkeypatch):
    monkeypatch.setattr(explain, "CHUNK_IMAGES", 16)
    reached = np.array([explain.random_search(classify, SIZE, images, seed=0)[1] for images in (1, 5, 40, 300, 2000)])
    assert (np.diff(reached, axis=0) >= -1e-6).all()
    assert (reached[-1] > reached[0]).all()


def test_a_random_search_keeps_logits_apart_that_round_to_the_same_probability():
    # In float32, probabilities this close to 1 are all 1, and the first image would win.
    found, reached = explain.random_search(
        lambda pixels: torch.stack([30 + pixels[:, 0], pixels[:, 1] * 0], 1), 16, 50, 0
    )
    noise = torch.randn(50, 16, generator=torch.Generator().manual_seed(0))
    np.testing.assert_array_equal(found[0], noise[noise[:, 0].argmax()].numpy())
    assert 0 < reached[1] < 1e-9


def test_the_seed_decides_a_random_search(classify):
    first, again, other = (explain.random_search(classify, SIZE, 50, seed)[0] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", ["mlp", "convnet"])
def test_a_climb_makes_each_class_likelier_than_on_grey_and_stays_an_image(name):
    hyper = {"mlp": {"hidden": [20], "activation": "relu"}, "convnet": {"dropout": 0.5}}[name]
    torch.manual_seed(0)
    net = build(name, mean=[0.2, 0.3], std=[0.3, 0.2], image_pixels=16, n_classes=4, **hyper).eval()
    before = copy.deepcopy(net.state_dict())
    grey = torch.full((1, 2, 16, 16), 0.5)
    images, probabilities = explain.climb(net, (2, 16, 16), 4, steps=40, lr=0.1)
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


def test_a_climb_of_a_linear_net_goes_where_its_weights_point():
    torch.manual_seed(0)
    net = build("mlp", mean=[0.5], std=[0.5], image_pixels=4, n_classes=3, hidden=[], activation="tanh")
    torch.nn.init.normal_(net.layers[0].weight)
    images, _ = explain.climb(net, (1, 4, 4), 3, steps=300, lr=0.1)
    signs = net.layers[0].weight.detach().numpy() > 0
    np.testing.assert_array_equal(images.reshape(3, 16) > 0.5, signs)
    np.testing.assert_allclose(images.reshape(3, 16), signs, atol=0.05)


def test_a_class_climbs_alone():
    torch.manual_seed(0)
    net = build("mlp", mean=[0.5], std=[0.5], image_pixels=4, n_classes=3, hidden=[10], activation="tanh")
    images, _ = explain.climb(net, (1, 4, 4), 3, steps=20, lr=0.1)
    first, _ = explain.climb(net, (1, 4, 4), 1, steps=20, lr=0.1)
    np.testing.assert_allclose(images[:1], first, atol=1e-5)
