"""The documents' initialisations, against torch's own layers made in the documents' order."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from vision.nets.mlp import MLP
from vision.replication.initialisation import initialise

DATA = {"mean": [0.1], "std": [0.3], "shape": [1, 28, 28], "n_classes": 10}


def drawn(hidden, how, seed=5):
    net = MLP(**DATA, hidden=hidden, activation="tanh")
    initialise(net, how, seed)
    return [parameter.detach() for parameter in net.parameters()]


def same(ours, theirs):
    pairs = list(zip(ours, theirs, strict=True))
    return all(torch.equal(*pair) for pair in pairs)


@pytest.mark.parametrize("widths", [[784, 10], [784, 200, 10], [784, 250, 100, 10]], ids=str)
def test_torchs_is_that_of_fresh_linear_layers_to_the_bit(widths):
    torch.manual_seed(5)
    layers = [nn.Linear(before, after) for before, after in pairwise(widths)]
    assert same(drawn(widths[1:-1], "torch"), [value for layer in layers for value in layer.parameters()])


def test_torchs_is_uniform_within_one_over_the_root_of_the_inputs():
    weight, bias = drawn([], "torch")
    for values in (weight, bias):
        assert values.abs().max() <= 1 / math.sqrt(784)
    assert weight.std() == pytest.approx(1 / math.sqrt(3 * 784), rel=0.05)


def test_xavier_of_the_hidden_layer_is_document_003s_to_the_bit():
    """Row L11: the layer is made, then drawn anew, and only then the second one is made."""
    torch.manual_seed(5)
    first = nn.Linear(784, 200)
    nn.init.xavier_uniform_(first.weight)
    nn.init.constant_(first.bias, 0.0)
    second = nn.Linear(200, 10)
    ours = drawn([200], "xavier_hidden")
    assert same(ours, [*first.parameters(), *second.parameters()])
    assert ours[0].abs().max() == pytest.approx(math.sqrt(6 / (784 + 200)), rel=1e-3)
    assert ours[3].abs().min() > 0


def test_it_is_the_seeds_alone():
    torch.manual_seed(9)
    first = drawn([5], "torch", seed=1)
    assert same(first, drawn([5], "torch", seed=1))
    assert not same(first, drawn([5], "torch", seed=2))
