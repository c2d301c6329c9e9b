"""The documents' initialisations, against torch's own layers made in the documents' order."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from vision.nets.mlp import MLP
from vision.studies.replication.initialisation import initialise


def drawn(hidden, how, seed=5):
    net = MLP(mean=[0.1], std=[0.3], shape=[1, 28, 28], n_classes=10, hidden=hidden, activation="tanh")
    initialise(net, how, seed)
    return [parameter.detach() for parameter in net.parameters()]


def same(ours, theirs):
    return all(torch.equal(*pair) for pair in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("widths", [[784, 10], [784, 25, 15, 10]], ids=str)
def test_torchs_is_that_of_fresh_linear_layers_to_the_bit(widths):
    torch.manual_seed(5)
    layers = [nn.Linear(before, after) for before, after in pairwise(widths)]
    ours = drawn(widths[1:-1], "torch")
    assert same(ours, [value for layer in layers for value in layer.parameters()])
    assert ours[0].std() == pytest.approx(1 / math.sqrt(3 * 784), rel=0.05)  # uniform within 1 / sqrt(inputs)
    assert not same(ours, drawn(widths[1:-1], "torch", seed=6))


def test_xavier_of_the_hidden_layer_is_document_003s_to_the_bit():
    """Row L11: the layer is made, then drawn anew, and only then the second one is made."""
    torch.manual_seed(5)
    first = nn.Linear(784, 200)
    nn.init.xavier_uniform_(first.weight)
    nn.init.constant_(first.bias, 0.0)
    second = nn.Linear(200, 10)
    assert same(drawn([200], "xavier_hidden"), [*first.parameters(), *second.parameters()])
