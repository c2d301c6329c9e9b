"""Training of dense networks in NumPy by stochastic gradient descent: the one from scratch, and those of torch.

A step on a small network takes NumPy a half to two thirds of the time that it takes torch.
"""

from typing import Any

import numpy as np
import torch

from vision.data.dataset import Samples
from vision.nets.numpy_mlp import Layer, NumpyMLP, backward, cross_entropy, descend, forward, initial_layers
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import NO_AUGMENTATION, Recipe
from vision.training.history import Epoch
from vision.training.loop import one_cycle

PLAIN = NO_AUGMENTATION | {"optimizer": "sgd", "momentum": 0, "precision": "float32"}  # what these trainers can


def unsupported(recipe: Recipe) -> str:
    """The first option of a recipe that needs another trainer; empty if there is none."""
    return next((name for name, value in PLAIN.items() if getattr(recipe, name) != value), "")


class SGDTrainer:
    """Trains a network in NumPy; see vision.training.history.Trainer."""

    def __init__(self, net: NumpyMLP, train: Samples, recipe: Recipe, *, seed: int):
        """Draw the network's initial weights; the seed is of the shuffling, too.

        Raises:
            UserError: the recipe has an option that this trainer has not
        """
        if name := unsupported(recipe):
            raise UserError(f"net numpy_mlp: {name} is {getattr(recipe, name)}: should be {PLAIN[name]}")
        self.net, self.recipe = net, recipe
        self.inputs, self.labels = train.rows, train.labels
        self.generator = np.random.default_rng(seed)
        net.layers = initial_layers(net.widths, self.generator)

    @property
    def layers(self) -> list[Layer]:
        """The arrays that a step changes."""
        return self.net.layers

    def _order(self) -> np.ndarray:
        return self.generator.permutation(len(self.labels))

    def train_epoch(self, epoch: int) -> Epoch:
        """Take one step for each batch."""
        layers, activation, recipe = self.layers, self.net.activation, self.recipe
        order, losses, sizes, correct = self._order(), [], [], 0
        starts = range(0, len(order), recipe.batch_size)
        for step, start in enumerate(starts):
            chosen = order[start : start + recipe.batch_size]
            values, labels = forward(layers, activation, self.inputs[chosen]), self.labels[chosen]
            loss, gradient = cross_entropy(values[-1], labels)
            rate = recipe.lr
            if recipe.schedule == "one_cycle":
                progress = (epoch - 1 + (step + 0.5) / len(starts)) / recipe.epochs
                rate *= one_cycle(progress, recipe.warmup_fraction)
            gradients = backward(layers, activation, values, gradient)
            descend(layers, gradients, rate, recipe.weight_decay, recipe.weight_decay * recipe.decay_all)
            losses.append(loss)
            sizes.append(len(chosen))
            correct += int((values[-1].argmax(1) == labels).sum())
        return Epoch(losses, sizes, correct)

    def logits(self, samples: Samples) -> np.ndarray:
        """Logits, float32 (N, n_classes), at the present weights."""
        return self.net.logits(samples.rows)

    def state(self) -> dict[str, Any]:
        """A copy of the weights."""
        return {name: array.copy() for name, array in self.net.state_dict().items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Copy such a state into the network."""
        self.net.load_state_dict(state)


class MLPTrainer(SGDTrainer):
    """Trains a torch network of dense layers, from its weights and in the order of TorchTrainer."""

    def __init__(self, net: torch.nn.Module, train: Samples, recipe: Recipe, *, seed: int):
        """Copy the weights of an MLP on the CPU; the recipe has no `unsupported` option."""
        self.net, self.recipe, self.labels = net, recipe, train.labels
        self.generator = torch.Generator().manual_seed(seed)
        self.inputs, self.seen = self._standardised(train), (None, None)
        self.dense = [module for module in net.body if isinstance(module, torch.nn.Linear)]
        self._layers = [(one.weight.detach().numpy().T.copy(), one.bias.detach().numpy().copy()) for one in self.dense]

    @property
    def layers(self) -> list[Layer]:
        """Weights (before, after), which are transposed in torch, and biases."""
        return self._layers

    def _order(self) -> np.ndarray:
        return torch.randperm(len(self.labels), generator=self.generator).numpy()

    @torch.no_grad()
    def train_epoch(self, epoch: int) -> Epoch:
        """Take one step for each batch, then copy the weights into the network."""
        result = super().train_epoch(epoch)
        for one, (weights, biases) in zip(self.dense, self._layers, strict=True):
            one.weight.copy_(torch.from_numpy(weights.T))
            one.bias.copy_(torch.from_numpy(biases))
        return result

    @torch.inference_mode()
    def _standardised(self, samples: Samples) -> np.ndarray:
        parts = torch.from_numpy(samples.inputs).split(10_000)
        return torch.cat([self.net.standardise(part.float() / samples.scale).flatten(1) for part in parts]).numpy()

    def logits(self, samples: Samples) -> np.ndarray:
        """Logits, float32 (N, n_classes), at the present weights."""
        if samples is not self.seen[0]:  # the same validation images after each epoch
            self.seen = samples, self._standardised(samples)
        return forward(self.layers, self.net.activation, self.seen[1])[-1]

    def state(self) -> dict[str, Any]:
        """A copy of the weights."""
        return {name: value.clone() for name, value in self.net.state_dict().items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Copy such a state into the network and switch it to evaluation mode."""
        self.net.load_state_dict(state)
        self.net.eval()
