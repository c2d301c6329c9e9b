"""The multilayer perceptrons: their numbers by hand, their forward in plain words, their fresh weights."""

import math

import pytest
import torch
import torch.nn.functional as F

from vision.nets import build
from vision.nets.inference import count_parameters
from vision.nets.taps import weighted_layers

DATA = {"mean": [0.13], "std": [0.3], "shape": [1, 28, 28], "n_classes": 10}
HYPER = {**DATA, "hidden": [250, 100], "activation": "relu"}
FUNCTIONS = {"tanh": torch.tanh, "relu": F.relu}


def mlp(**changes):
    """An MLP whose weights and biases are those of some training: none is 0."""
    torch.manual_seed(0)
    net = build("mlp", **{**HYPER, **changes})
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return net


@pytest.fixture
def images():
    return torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1))


# Rows P7, L3 and L14 give the first three.
@pytest.mark.parametrize(
    ("hidden", "numbers"), [([250, 100], 222_360), ([], 7_850), ([200], 159_010), ([3], 784 * 3 + 3 + 3 * 10 + 10)]
)
def test_an_mlp_has_the_parameters_counted_by_hand(hidden, numbers):
    assert count_parameters(mlp(hidden=hidden)) == numbers


def test_an_mlp_fits_other_images():
    net = mlp(mean=[0.5] * 3, std=[0.2] * 3, shape=[3, 8, 8], n_classes=2, hidden=[5])
    assert net(torch.rand(4, 3, 8, 8)).shape == (4, 2)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_mlp_computes_linear_layers_on_standardised_pixels_and_an_activation_between_them(images, activation):
    net = mlp(activation=activation)
    weights, function = net.state_dict(), FUNCTIONS[activation]
    names = ("linear_1", "linear_2", "logits")
    first, second, last = ((weights[f"body.{name}.weight"], weights[f"body.{name}.bias"]) for name in names)
    pixels = (images.flatten(1) - 0.13) / 0.3
    logits = F.linear(function(F.linear(function(F.linear(pixels, *first)), *second)), *last)
    torch.testing.assert_close(net(images), logits)


def test_each_channel_is_standardised_by_its_own_statistics():
    net = mlp(mean=[0.1, 0.2], std=[0.5, 0.25], shape=[2, 2, 2], hidden=[])
    images = torch.rand(3, 2, 2, 2)
    pixels = torch.cat([(images[:, 0].flatten(1) - 0.1) / 0.5, (images[:, 1].flatten(1) - 0.2) / 0.25], dim=1)
    torch.testing.assert_close(net(images), net.body.logits(pixels))


@pytest.mark.parametrize("hidden", [[], [6]])
def test_an_mlp_learns_on_features_too(hidden):
    mean, std = [1.0, -2, 0, 0.5, 3], [1.0, 2, 3, 0.5, 1]
    net, features = mlp(mean=mean, std=std, shape=[5], n_classes=3, hidden=hidden), torch.randn(7, 5)
    x = (features - torch.tensor(mean)) / torch.tensor(std)
    for layer in weighted_layers(net)[:-1]:
        x = F.relu(F.linear(x, layer.weight, layer.bias))
    last = weighted_layers(net)[-1]
    torch.testing.assert_close(net(features), F.linear(x, last.weight, last.bias))


def test_without_a_hidden_layer_logits_are_linear_in_the_pixels(images):
    net = mlp(hidden=[]).double()
    first, second = images[:3].double(), images[3:].double()
    # Of an affine function, the value at a mixture is the mixture of the values; a hidden layer breaks that.
    torch.testing.assert_close(net(0.3 * first + 0.7 * second), 0.3 * net(first) + 0.7 * net(second))
    bent = mlp(hidden=[20]).double()
    mixture = 0.3 * bent(first) + 0.7 * bent(second)
    assert not torch.allclose(bent(0.3 * first + 0.7 * second), mixture, atol=1e-4)


def test_fresh_weights_fill_the_xavier_range_and_biases_are_0():
    torch.manual_seed(0)
    for layer in weighted_layers(build("mlp", **HYPER)):
        bound = math.sqrt(6 / sum(layer.weight.shape))
        assert 0.98 * bound < layer.weight.abs().max() <= bound
        assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)  # that of a uniform
        assert not layer.bias.any()


def test_softmax_regression_starts_where_all_classes_are_alike(images):
    net = build("mlp", **{**HYPER, "hidden": []})
    assert not any(parameter.any() for parameter in net.parameters())
    assert not net(images).any()


def test_fresh_weights_are_those_of_torchs_seed():
    def weights(seed):
        torch.manual_seed(seed)
        return build("mlp", **HYPER).body.linear_1.weight

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))
