"""ConvNet, MLP and DenseHead: parameter counts, the forward pass in torch's functions, fresh weights, bad shapes."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from vision.data.dataset import Samples
from vision.data.fetching import import_torchvision_datasets
from vision.nets.convnet import ConvNet
from vision.nets.dense_head import DenseHead
from vision.nets.inference import capture_activations, count_parameters, weighted_layers
from vision.nets.mlp import MLP
from vision.pipeline.errors import UserError

DATA = {"mean": [0.13], "std": [0.3], "shape": [1, 28, 28], "n_classes": 10}
FEATURES = {"mean": [1.0, -2, 0, 0.5, 3], "std": [1.0, 2, 3, 0.5, 1], "shape": [5], "n_classes": 3}
FUNCTIONS = {"tanh": torch.tanh, "relu": F.relu}


def convnet():
    """A ConvNet whose batch norm is not the identity: some scales are negative."""
    net = ConvNet(**DATA, dropout=0.5)
    net(torch.rand(16, 1, 28, 28))
    nn.init.normal_(net.norm.weight)
    nn.init.normal_(net.norm.bias)
    return net.eval()


def mlp(**changes):
    """An MLP whose biases are not 0."""
    net = MLP(**{**DATA, "hidden": [25, 10], "activation": "relu", **changes})
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.1)
    return net


def dense_head(**changes):
    return DenseHead(**{**FEATURES, "dense_units": 7, **changes})


@pytest.mark.parametrize("shape", [[50], [1, 15, 15], [1, 28, 20]], ids=str)
def test_inputs_of_another_shape_are_refused(shape):
    with pytest.raises(UserError, match="net convnet: its inputs have shape"):
        ConvNet(**{**DATA, "shape": shape, "dropout": 0})
    if len(shape) > 1:
        with pytest.raises(UserError, match="net dense_head: its inputs have shape"):
            dense_head(shape=shape)


def test_convnet_layers_match_their_definition():
    """Convolution, ReLU, pooling; convolution, norm, ReLU, pooling; 128 features, and the head (B0.3)."""
    net, images = convnet(), torch.rand(6, 1, 28, 28)
    norm = {key: net.norm.get_buffer(key) for key in ("running_mean", "running_var")}
    expected = {"conv1": F.conv2d((images - 0.13) / 0.3, net.conv1.weight, net.conv1.bias)}
    expected["conv2"] = F.conv2d(F.max_pool2d(F.relu(expected["conv1"]), 2), net.conv2.weight)
    x = F.batch_norm(expected["conv2"], **norm, weight=net.norm.weight, bias=net.norm.bias, eps=1e-5)
    x = F.max_pool2d(F.relu(x), 2).flatten(1)
    expected["features"] = F.relu(F.linear(x, net.hidden.weight, net.hidden.bias))
    expected["logits"] = F.linear(expected["features"], net.head.weight, net.head.bias)
    found = capture_activations(net, Samples(images.numpy(), np.zeros(6, int), np.arange(6)))
    assert list(found) == list(expected)
    for name, values in expected.items():
        torch.testing.assert_close(torch.from_numpy(found[name]), values, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("hidden", [[25, 10], []])
@pytest.mark.parametrize("data", [DATA, FEATURES], ids=["images", "features"])
def test_mlp_forward_matches_its_definition(data, hidden, activation):
    net, inputs = mlp(**data, hidden=hidden, activation=activation), torch.rand(6, *data["shape"])
    x = ((inputs - torch.tensor(data["mean"])) / torch.tensor(data["std"])).flatten(1)
    *before, last = weighted_layers(net)
    assert [layer.out_features for layer in before] == hidden
    for layer in before:
        x = FUNCTIONS[activation](F.linear(x, layer.weight, layer.bias))
    torch.testing.assert_close(net(inputs), F.linear(x, last.weight, last.bias))


def test_dense_head_forward_matches_torchvision_vgg16_classifier():
    import_torchvision_datasets()
    from torchvision.models import vgg16

    with torch.device("meta"):
        theirs = vgg16(init_weights=False).classifier
    for place, (inputs, outputs) in {0: (5, 7), 3: (7, 7), 6: (7, 3)}.items():
        theirs[place] = nn.Linear(inputs, outputs)
    ours, features = dense_head().eval(), torch.randn(9, 5)
    theirs.load_state_dict(ours.classifier.state_dict())
    standardised = (features - torch.tensor(FEATURES["mean"])) / torch.tensor(FEATURES["std"])
    torch.testing.assert_close(ours(features), theirs.eval()(standardised))
    assert not torch.equal(ours.train()(features), ours(features))  # dropout


def test_mlp_initialisation_is_xavier_uniform_and_without_hidden_layers_zero():
    for layer in weighted_layers(MLP(**DATA, hidden=[250, 100], activation="relu")):
        bound = math.sqrt(6 / sum(layer.weight.shape))
        assert 0.98 * bound < layer.weight.abs().max() <= bound
        assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)
        assert not layer.bias.any()
    assert not any(parameter.any() for parameter in MLP(**DATA, hidden=[], activation="tanh").parameters())
    numbers = [count_parameters(mlp(hidden=hidden)) for hidden in ([250, 100], [], [200])]
    assert numbers == [222_360, 7_850, 159_010]  # as in the documents
