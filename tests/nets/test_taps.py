"""Looking into networks: each tap against a forward pass by hand, and nothing left behind."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vision.data.dataset import Samples
from vision.nets import build
from vision.nets.inference import predict
from vision.nets.taps import last_features, tap, weighted_layers
from vision.pipeline.errors import UserError

DATA = {"mean": [0.4], "std": [0.3], "shape": [1, 16, 16], "n_classes": 3}


def mlp(hidden, activation="tanh"):
    return build("mlp", **DATA, hidden=hidden, activation=activation)


def convnet():
    """A ConvNet whose norm is no identity, in training mode."""
    net = build("convnet", **DATA, dropout=0.5)
    net(torch.rand(16, 1, 16, 16))
    torch.nn.init.normal_(net.norm.weight)
    torch.nn.init.normal_(net.norm.bias)
    return net


def hooks(net):
    return [hook for module in net.modules() for hook in module._forward_hooks]


@pytest.fixture(scope="module")
def samples():
    pixels = np.random.default_rng(0).integers(0, 256, (300, 1, 16, 16), np.uint8)  # more than one batch
    return Samples(pixels, np.arange(300) % 3, np.arange(300))


def check(found, expected):
    """The same labels in the same order, and their float32 outputs."""
    assert list(found) == list(expected)
    for label, output in expected.items():
        assert found[label].dtype == np.float32
        np.testing.assert_allclose(found[label], output.detach().numpy(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("activation", "function"), [("tanh", torch.tanh), ("relu", F.relu)])
def test_the_taps_of_an_mlp_are_what_its_activations_give(samples, activation, function):
    net = mlp([7, 5], activation)
    x = (torch.from_numpy(samples.rows) - 0.4) / 0.3
    expected = {"hidden_1": function(net.body.linear_1(x))}
    expected["hidden_2"] = function(net.body.linear_2(expected["hidden_1"]))
    expected["logits"] = net.body.logits(expected["hidden_2"])
    check(tap(net, samples), expected)


def test_the_taps_of_a_convnet_are_its_convolutions_its_features_and_its_logits(samples):
    net = convnet()
    found, weights = tap(net, samples), net.state_dict()
    x = (torch.from_numpy(samples.inputs) / 255 - 0.4) / 0.3
    expected = {"conv1": F.conv2d(x, weights["conv1.weight"], weights["conv1.bias"])}
    expected["conv2"] = F.conv2d(F.max_pool2d(F.relu(expected["conv1"]), 2), weights["conv2.weight"])
    mean, var, scale, bias = (weights[f"norm.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
    x = F.max_pool2d(F.relu(F.batch_norm(expected["conv2"], mean, var, scale, bias, eps=1e-5)), 2)
    expected["features"] = F.relu(F.linear(x.flatten(1), weights["hidden.weight"], weights["hidden.bias"]))
    expected["logits"] = F.linear(expected["features"], weights["head.weight"], weights["head.bias"])
    check(found, expected)


def test_the_features_of_a_convnet_are_128_numbers_from_0(samples):
    features = tap(convnet(), samples, "features")["features"]
    assert features.shape == (300, 128)
    assert features.min() == 0 < features.max()


@pytest.mark.parametrize("net", [mlp([7]), mlp([7, 5]), convnet()], ids=["one", "two", "convnet"])
def test_the_last_layer_reads_the_last_features(net, samples):
    found = tap(net, samples, last_features(net), "logits")
    features, logits = map(torch.from_numpy, found.values())
    torch.testing.assert_close(weighted_layers(net)[-1](features), logits)


@pytest.mark.parametrize(("head", "last"), [("linear", "pooled"), ("concat_pool", "hidden_norm")])
def test_the_last_layer_of_a_resnet_reads_the_last_features(head, last, samples):
    net = build("resnet18", **DATA, head=head)
    assert last_features(net) == last
    found = tap(net, samples[:20], last, "logits")
    torch.testing.assert_close(
        net.eval().get_submodule(net.taps["logits"])(torch.from_numpy(found[last])), torch.from_numpy(found["logits"])
    )
    assert weighted_layers(net)[-1] is net.get_submodule(net.taps["logits"])


def test_labels_choose_taps_in_the_order_of_the_network(samples):
    net = mlp([7, 5])
    found = tap(net, samples[:4], "logits", "hidden_1")
    assert list(found) == ["hidden_1", "logits"]
    assert np.array_equal(found["logits"], predict(net, samples[:4]))


def test_an_activation_in_place_does_not_overwrite_what_was_before_it(samples):
    layers = torch.nn.Linear(256, 6), torch.nn.ReLU(inplace=True), torch.nn.Linear(6, 3)
    net = torch.nn.Sequential(torch.nn.Flatten(), *layers)
    net.taps = {"before": "1", "after": "2"}
    found = tap(net, samples)
    check(found, {"before": (before := layers[0](torch.from_numpy(samples.rows))), "after": F.relu(before)})
    assert found["before"].min() < 0 == found["after"].min()


def test_nothing_stays_in_the_network(samples):
    net = convnet()
    tap(net, samples[:4])
    assert not hooks(net)
    with pytest.raises(RuntimeError):
        tap(net, Samples(np.zeros((2, 1, 9, 9), np.uint8), np.zeros(2, int), np.arange(2)))
    assert not hooks(net)


@pytest.mark.parametrize(("net", "allowed"), [(mlp([7]), "hidden_1, logits"), (mlp([]), "logits")], ids=["7", "none"])
def test_an_unknown_label_is_one_line_with_the_allowed_ones(net, allowed, samples):
    with pytest.raises(UserError, match=rf"^MLP has no layer 'hidden_2'; allowed: {allowed}$"):
        tap(net, samples, "logits", "hidden_2")
    assert not hooks(net)


def test_the_last_features_are_those_before_the_last_layer():
    assert last_features(mlp([7])) == "hidden_1"
    assert last_features(mlp([7, 5])) == "hidden_2"
    assert last_features(convnet()) == "features"
    with pytest.raises(UserError, match=r"^MLP has no layer before its last one; give it a hidden layer$"):
        last_features(mlp([]))


def test_weighted_layers_come_first_to_last():
    net = convnet()
    assert weighted_layers(net) == [net.conv1, net.conv2, net.hidden, net.head]
    net = mlp([7, 5])
    assert weighted_layers(net) == [net.body.linear_1, net.body.linear_2, net.body.logits]
