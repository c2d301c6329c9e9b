"""A multilayer perceptron from scratch: forward, backward and the step of gradient descent, in NumPy alone.

For one batch of N inputs, with layers l = 1 ... L, weights W_l (before, after) and biases b_l (after,):

    a_0 = inputs,   z_l = a_{l-1} W_l + b_l,   a_l = f(z_l),   logits = z_L
    loss = mean over the batch of -log softmax(logits)[label]

The chain rule gives the gradient by the logits, d_L, then that by the outputs of each layer before it:

    d_L = (softmax(logits) - one-hot labels) / N,   d_l = (d_{l+1} W_{l+1}^T) * f'(z_l)
    of W_l: a_{l-1}^T d_l,   of b_l: the sum of d_l over the batch

A step subtracts lr times the gradient from each weight and bias, and with weight decay shrinks them before.
"""

from collections.abc import Callable
from itertools import pairwise
from math import prod, sqrt
from typing import Any

import numpy as np

Layer = tuple[np.ndarray, np.ndarray]  # weights (before, after), biases (after,)
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 0.5 + 0.5 * np.tanh(0.5 * z),  # 1 / (1 + exp(-z)), and no exp can overflow
    "tanh": np.tanh,
}
DERIVATIVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # f'(z) as a function of a = f(z)
    "linear": np.ones_like,
    "relu": lambda a: a > 0,
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
}


def initial_layers(widths: list[int], generator: np.random.Generator, dtype: type = np.float32) -> list[Layer]:
    """Glorot-uniform weights (Glorot and Bengio, 2010) and biases of 0, for layers of these widths, inputs first."""
    layers = []
    for before, after in pairwise(widths):
        bound = sqrt(6 / (before + after))
        layers.append((generator.uniform(-bound, bound, (before, after)).astype(dtype), np.zeros(after, dtype)))
    return layers


def forward(layers: list[Layer], activation: str, inputs: np.ndarray) -> list[np.ndarray]:
    """The inputs (N, D), the outputs of each hidden layer (N, width), and the logits (N, n_classes)."""
    values = [inputs]
    for number, (weights, biases) in enumerate(layers, start=1):
        z = values[-1] @ weights
        z += biases
        values.append(z if number == len(layers) else ACTIVATIONS[activation](z))
    return values


def cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean loss of a batch, and its gradient by the logits (N, n_classes)."""
    rows = np.arange(len(labels))
    shifted = logits - logits.max(1, keepdims=True)  # the same probabilities, and exp cannot overflow
    exponentials = np.exp(shifted)
    sums = exponentials.sum(1, keepdims=True)
    loss = float((np.log(sums[:, 0]) - shifted[rows, labels]).mean())
    gradient = exponentials / sums
    gradient[rows, labels] -= 1
    gradient /= len(labels)
    return loss, gradient


def backward(layers: list[Layer], activation: str, values: list[np.ndarray], gradient: np.ndarray) -> list[Layer]:
    """The gradients of the loss by each layer's weights and biases, from `forward`'s values and that by the logits."""
    gradients = []
    for number in reversed(range(len(layers))):
        gradients.append((values[number].T @ gradient, gradient.sum(0)))
        if number:
            gradient = (gradient @ layers[number][0].T) * DERIVATIVES[activation](values[number])
    return gradients[::-1]


def descend(
    layers: list[Layer], gradients: list[Layer], lr: float, decay: float = 0, decay_of_biases: float = 0
) -> None:
    """One step of gradient descent, in place, on the loss plus (decay / 2) * ||w||^2 of weights, and so of biases."""
    for layer, slopes in zip(layers, gradients, strict=True):
        for parameter, slope, shrink in zip(layer, slopes, (decay, decay_of_biases), strict=True):
            if shrink:
                parameter *= np.float32(1 - lr * shrink)
            slope *= lr
            parameter -= slope


class NumpyMLP:
    """Layers of any widths, an activation after each but the last, on pixels in [0, 1] that are not standardised."""

    def __init__(
        self, *, mean: list[float], std: list[float], shape: list[int], n_classes: int,
        hidden: list[int], activation: str,
    ):  # fmt: skip
        """Make layers of zeros, since a trainer draws the weights; mean and std are not used."""
        self.widths, self.activation = [prod(shape), *hidden, n_classes], activation
        self.layers = [(np.zeros(pair, np.float32), np.zeros(pair[1], np.float32)) for pair in pairwise(self.widths)]

    def logits(self, inputs: np.ndarray) -> np.ndarray:
        """Logits, float32 (N, n_classes), of float32 inputs (N, D)."""
        return forward(self.layers, self.activation, inputs)[-1]

    def parameters(self) -> list[np.ndarray]:
        """Weights and biases, layer by layer."""
        return [parameter for layer in self.layers for parameter in layer]

    def state_dict(self) -> dict[str, np.ndarray]:
        """The weights and biases themselves, by name."""
        names = [f"{kind}_{number + 1}" for number in range(len(self.layers)) for kind in ("weights", "biases")]
        return dict(zip(names, self.parameters(), strict=True))

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Copy weights and biases into the layers; ValueError if their names or shapes differ."""
        arrays = self.state_dict()
        if {name: tuple(array.shape) for name, array in state.items()} != {n: a.shape for n, a in arrays.items()}:
            raise ValueError(f"layers of other widths than {self.widths}")
        for name, array in arrays.items():
            array[...] = np.asarray(state[name])
