"""A multilayer perceptron from scratch: forward, backward and stochastic gradient descent, in NumPy alone (row F2).

For one batch of N inputs, with layers l = 1 ... L, weights W_l (before, after) and biases b_l (after,):

    a_0 = inputs,   z_l = a_{l-1} W_l + b_l,   a_l = f(z_l),   logits = z_L
    loss = mean over the batch of -log softmax(logits)[label]

The gradient goes back by the chain rule, from d_L, what the loss does when a logit grows:

    d_L = (softmax(logits) - one-hot labels) / N,   d_l = (d_{l+1} W_{l+1}^T) * f'(z_l)
    of W_l: a_{l-1}^T d_l,   of b_l: the sum of d_l over the batch

A step takes lr times the gradient off each weight and bias.
"""

from collections.abc import Callable
from itertools import pairwise
from math import prod, sqrt
from typing import Any

import numpy as np

from vision.data.dataset import Samples
from vision.pipeline.errors import UserError

Layer = tuple[np.ndarray, np.ndarray]  # weights (before, after), biases (after,)
ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda z: z,
    "relu": lambda z: np.maximum(z, 0),
    "sigmoid": lambda z: 0.5 + 0.5 * np.tanh(0.5 * z),  # 1 / (1 + exp(-z)), and no exp can overflow
    "tanh": np.tanh,
}
# f'(z), written in a = f(z), which is at hand: none of them needs z.
DERIVATIVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "linear": np.ones_like,
    "relu": lambda a: a > 0,
    "sigmoid": lambda a: a * (1 - a),
    "tanh": lambda a: 1 - a * a,
}

KINDS = ("weights", "biases")
# What plain descent at a constant rate is, in a recipe's words.
PLAIN = {
    "optimizer": "sgd", "schedule": "constant", "momentum": 0, "weight_decay": 0, "rotation_degrees": 0,
    "scale_fraction": 0, "shift_pixels": 0, "crop_padding_pixels": 0, "horizontal_flip": False, "precision": "float32",
}  # fmt: skip


def fresh_layers(widths: list[int], generator: np.random.Generator, dtype: type = np.float32) -> list[Layer]:
    """Glorot-uniform weights (Glorot and Bengio, 2010) and biases of 0, for layers of these widths, inputs first."""
    layers = []
    for before, after in pairwise(widths):
        bound = sqrt(6 / (before + after))
        layers.append((generator.uniform(-bound, bound, (before, after)).astype(dtype), np.zeros(after, dtype)))
    return layers


def forward(layers: list[Layer], activation: str, inputs: np.ndarray) -> list[np.ndarray]:
    """The inputs (N, D), what each hidden layer gives (N, width), and last the logits (N, n_classes)."""
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
    """The gradients of the loss by the weights and biases of each layer, first to last.

    Args:
        values: what `forward` gave
        gradient: of the loss by the logits (N, n_classes)
    """
    gradients = []
    for number in reversed(range(len(layers))):
        gradients.append((values[number].T @ gradient, gradient.sum(0)))
        if number:
            gradient = (gradient @ layers[number][0].T) * DERIVATIVES[activation](values[number])
    return gradients[::-1]


def descend(layers: list[Layer], gradients: list[Layer], lr: float) -> None:
    """One step of gradient descent, in place."""
    for layer, slopes in zip(layers, gradients, strict=True):
        for parameter, slope in zip(layer, slopes, strict=True):
            slope *= lr
            parameter -= slope


def learn_in_order(
    layers: list[Layer],
    activation: str,
    inputs: np.ndarray,
    labels: np.ndarray,
    order: np.ndarray,
    *,
    batch_size: int,
    lr: float,
) -> tuple[list[float], list[int], int]:
    """One step for each batch of samples in this order.

    Returns:
        the loss and the size of every batch, and how many samples were right, all before the batch's own step
    """
    losses, sizes, hits = [], [], 0
    for start in range(0, len(order), batch_size):
        chosen = order[start : start + batch_size]
        values, own = forward(layers, activation, inputs[chosen]), labels[chosen]
        loss, gradient = cross_entropy(values[-1], own)
        descend(layers, backward(layers, activation, values, gradient), lr)
        losses.append(loss)
        sizes.append(len(chosen))
        hits += int((values[-1].argmax(1) == own).sum())
    return losses, sizes, hits


class NumpyMLP:
    """The network that vision.nets builds: layers of any widths, one activation after each but the last.

    It takes pixels in [0, 1] as they are (row F1), and has no weights until its trainer has drawn them.
    """

    def __init__(
        self,
        *,
        mean: list[float],
        std: list[float],
        shape: list[int],
        n_classes: int,
        hidden: list[int],
        activation: str,
    ):
        """Make layers of zeros.

        Args:
            mean, std: not used: the inputs are not standardised
            shape: (C, H, W) of images, or (D,) of features
            n_classes: number of logits
            hidden: width of each hidden layer
            activation: a key of ACTIVATIONS
        """
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
        numbered = enumerate(self.layers, start=1)
        return {f"{kind}_{n}": array for n, layer in numbered for kind, array in zip(KINDS, layer, strict=True)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Copy weights and biases of the same names and shapes into the layers.

        Raises:
            ValueError: they are of another network
        """
        own = self.state_dict()
        if {name: tuple(array.shape) for name, array in state.items()} != {name: own[name].shape for name in own}:
            raise ValueError(f"layers of other widths than {self.widths}")
        for name, array in own.items():
            array[...] = np.asarray(state[name])

    def trainer(
        self, train: Samples, recipe: Any, *, seed: int, passes: int = 1, show_progress: bool = True
    ) -> "SGDTrainer":
        """What trains it, on fresh weights of this seed; see vision.training.history.Trainer."""
        return SGDTrainer(self, train, recipe, seed=seed, passes=passes)


class SGDTrainer:
    """Trains a network by stochastic gradient descent at a constant rate, and nothing else."""

    def __init__(self, net: NumpyMLP, train: Samples, recipe: Any, *, seed: int, passes: int):
        """Draw the network's weights.

        Args:
            recipe: a vision.pipeline.schema.models.Recipe
            seed: of the weights and the shuffling
            passes: how often an epoch goes over the training samples

        Raises:
            UserError: the recipe asks for more
        """
        for name, value in PLAIN.items():
            if getattr(recipe, name) != value:
                raise UserError(f"net numpy_mlp: {name} is {getattr(recipe, name)}: should be {value}, it has no other")
        self.net, self.lr, self.batch_size, self.passes = net, recipe.lr, recipe.batch_size, passes
        self.inputs, self.labels = train.rows, train.labels
        self.generator = np.random.default_rng(seed)
        net.layers = fresh_layers(net.widths, self.generator)

    def train_epoch(self, epoch: int) -> tuple[list[float], list[int], int]:
        """Take one step for each batch; gives the batches' losses and sizes, and how many samples were right."""
        orders = [self.generator.permutation(len(self.labels)) for _ in range(self.passes)]
        return learn_in_order(
            self.net.layers, self.net.activation, self.inputs, self.labels, np.concatenate(orders),
            batch_size=self.batch_size, lr=self.lr,
        )  # fmt: skip

    def logits(self, samples: Samples) -> np.ndarray:
        """Logits, float32 (N, n_classes), of the network as it is now."""
        return self.net.logits(samples.rows)

    def state(self) -> dict[str, np.ndarray]:
        """A copy of the weights."""
        return {name: array.copy() for name, array in self.net.state_dict().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Put such a copy back."""
        self.net.load_state_dict(state)
