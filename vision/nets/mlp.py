"""The multilayer perceptrons of documents 001 and 003; without a hidden layer, softmax regression."""

from itertools import pairwise
from math import prod

import torch
from torch import nn

from vision.nets.inference import Linear, Standardise

ACTIVATIONS = {"tanh": nn.Tanh, "relu": nn.ReLU}


class MLP(nn.Module):
    """Linear layers on all pixels or features, an activation after each but the last.

    Initial weights are Xavier-uniform (Glorot and Bengio, 2010) and biases 0. Without a hidden layer the weights are 0,
    too: the loss is convex, and random weights of pixels that never change would remain as noise.
    """

    def __init__(
        self, *, mean: list[float], std: list[float], shape: list[int], n_classes: int,
        hidden: list[int], activation: str,
    ):  # fmt: skip
        """Draw initial weights; `hidden` are the widths of the hidden layers."""
        super().__init__()
        self.standardise, self.activation = Standardise(mean, std, shape), activation
        *layers, last = [Linear(before, after) for before, after in pairwise([prod(shape), *hidden, n_classes])]
        for layer in (*layers, last):
            nn.init.xavier_uniform_(layer.weight, gain=1.0 if hidden else 0.0)
            nn.init.zeros_(layer.bias)
        self.body, self.layers = nn.Sequential(nn.Flatten()), {}
        for number, layer in enumerate(layers, start=1):
            self.body.add_module(f"linear_{number}", layer)
            self.body.add_module(f"hidden_{number}", ACTIVATIONS[activation]())
            self.layers[f"hidden_{number}"] = f"body.hidden_{number}"  # after the activation
        self.body.add_module("logits", last)
        self.layers["logits"] = "body.logits"

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 inputs (N, *shape), pixels in [0, 1]."""
        return self.body(self.standardise(inputs))
