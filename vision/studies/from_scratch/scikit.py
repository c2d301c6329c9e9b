"""scikit-learn's MLPClassifier as a trainer of our network: on truly equal terms, or as it comes (bug B4.3)."""

import numpy as np
from sklearn.neural_network import MLPClassifier

from vision.data.dataset import Samples
from vision.nets.numpy_mlp import NumpyMLP, SGDTrainer
from vision.pipeline.schema.models import Recipe

NAMES = {"linear": "identity", "relu": "relu", "sigmoid": "logistic", "tanh": "tanh"}  # of activations, there
# What makes it plain descent without a penalty on batches in the order in which they come, as ours is.
EQUAL_TERMS = {"momentum": 0, "nesterovs_momentum": False, "alpha": 0, "shuffle": False}


class ScikitTrainer(SGDTrainer):
    """Trains a network's weights, which it shares with an MLPClassifier; see vision.training.history.Trainer.

    On equal terms it starts from the weights and goes through the orders of samples that SGDTrainer has, at its
    constant rate. At its defaults it has Nesterov momentum of 0.9, a penalty of 0.0001, and weights and orders of its
    own, and ends when its loss has settled: from then on its epochs change nothing.
    """

    def __init__(self, net: NumpyMLP, train: Samples, recipe: Recipe, *, seed: int, equal: bool):
        super().__init__(net, train, recipe, seed=seed, passes=1)
        self.equal, fresh = equal, net.layers
        self.classifier = MLPClassifier(
            net.widths[1:-1], activation=NAMES[net.activation], solver="sgd", learning_rate_init=self.lr,
            batch_size=self.batch_size, random_state=np.random.RandomState(seed), **EQUAL_TERMS if equal else {},
        )  # fmt: skip
        if equal:
            self._learn(
                np.arange(self.batch_size)
            )  # it makes its arrays when it learns first; then they get our numbers
            self._share()
            for own, drawn in zip(net.layers, fresh, strict=True):
                for array, values in zip(own, drawn, strict=True):
                    array[...] = values

    def train_epoch(self, epoch: int) -> tuple[list[float], list[int], int]:
        """Go over the samples once; gives the mean loss as if of one batch, and no count of what was right.

        A loss that is not finite stands for weights that scikit-learn refuses because they are not.
        """
        samples = len(self.labels)
        if not self.equal and has_settled(getattr(self.classifier, "loss_curve_", []), self.classifier):
            return [self.classifier.loss_], [samples], 0
        try:
            self._learn(self.generator.permutation(samples) if self.equal else np.arange(samples))
        except ValueError:
            if all(np.isfinite(weights).all() for weights in self.classifier.coefs_):
                raise
            return [np.nan], [samples], 0
        self._share()
        return [float(self.classifier.loss_)], [samples], 0

    def _learn(self, order: np.ndarray) -> None:
        classes = np.arange(self.net.widths[-1])
        self.classifier.partial_fit(self.inputs[order], self.labels[order], classes=classes)

    def _share(self) -> None:
        """Let the network have the classifier's arrays for its own; it changes them in place."""
        self.net.layers = list(zip(self.classifier.coefs_, self.classifier.intercepts_, strict=True))


def has_settled(losses: list[float], options: MLPClassifier) -> bool:
    """Whether the loss fell by less than `tol` in more than `n_iter_no_change` epochs in turn, as `fit` asks."""
    best, unchanged = np.inf, 0
    for loss in losses:
        unchanged = unchanged + 1 if loss > best - options.tol else 0
        best = min(best, loss)
        if unchanged > options.n_iter_no_change:
            return True
    return False
