"""Training of the network in NumPy by stochastic gradient descent at a constant learning rate."""

import numpy as np

from vision.data.dataset import Samples
from vision.nets.numpy_mlp import NumpyMLP, backward, cross_entropy, descend, forward, initial_layers
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import Recipe, plain_recipe
from vision.training.history import Epoch

PLAIN = plain_recipe(lr=1, batch_size=1, epochs=1)
IGNORED = ("lr", "batch_size", "epochs", "warmup_fraction", "decay_all")  # may be any, or change nothing


class SGDTrainer:
    """Trains a network in NumPy; see vision.training.history.Trainer."""

    def __init__(self, net: NumpyMLP, train: Samples, recipe: Recipe, *, seed: int):
        """Draw the network's initial weights; the seed is of the shuffling, too.

        Raises:
            UserError: the recipe has an option that this trainer has not
        """
        for name, value in PLAIN:
            if name not in IGNORED and getattr(recipe, name) != value:
                raise UserError(f"net numpy_mlp: {name} is {getattr(recipe, name)}: should be {value}")
        self.net, self.recipe = net, recipe
        self.inputs, self.labels = train.rows, train.labels
        self.generator = np.random.default_rng(seed)
        net.layers = initial_layers(net.widths, self.generator)

    def train_epoch(self, epoch: int) -> Epoch:
        """Take one step for each batch."""
        layers, activation, size = self.net.layers, self.net.activation, self.recipe.batch_size
        order, losses, sizes, correct = self.generator.permutation(len(self.labels)), [], [], 0
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            values, labels = forward(layers, activation, self.inputs[chosen]), self.labels[chosen]
            loss, gradient = cross_entropy(values[-1], labels)
            descend(layers, backward(layers, activation, values, gradient), self.recipe.lr)
            losses.append(loss)
            sizes.append(len(chosen))
            correct += int((values[-1].argmax(1) == labels).sum())
        return Epoch(losses, sizes, correct)

    def logits(self, samples: Samples) -> np.ndarray:
        """Logits, float32 (N, n_classes), at the present weights."""
        return self.net.logits(samples.rows)

    def state(self) -> dict[str, np.ndarray]:
        """A copy of the weights."""
        return {name: array.copy() for name, array in self.net.state_dict().items()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Copy such a state into the network."""
        self.net.load_state_dict(state)
