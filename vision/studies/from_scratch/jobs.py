"""The trainings of the study: the same layers in NumPy, and as scikit-learn's MLPClassifier trains them."""

from functools import partial

import numpy as np
from sklearn.neural_network import MLPClassifier

from vision.data.dataset import Samples
from vision.nets.numpy_mlp import NumpyMLP
from vision.pipeline.schema.models import TRAINERS, FromScratch, Recipe
from vision.training.history import Epoch
from vision.training.jobs import Job
from vision.training.numpy_loop import SGDTrainer

NAMES = {"linear": "identity", "relu": "relu", "sigmoid": "logistic", "tanh": "tanh"}  # activations in scikit-learn
# The settings of SGDTrainer: no momentum, no penalty, and batches in the given order.
SAME_SETTINGS = {"momentum": 0, "nesterovs_momentum": False, "alpha": 0, "shuffle": False}


def scratch_jobs(study: FromScratch, seed: int) -> list[Job]:
    """A job for each network of the study, the slowest first; the most accurate epoch is kept."""
    trainers = {
        "numpy": SGDTrainer,
        "sklearn": partial(ScikitTrainer, same_settings=True),
        "sklearn_defaults": partial(ScikitTrainer, same_settings=False),
    }
    return [
        Job(
            name, "numpy_mlp", {"hidden": study.hidden, "activation": run.activation}, study.recipe(run), seed,
            trainer=trainers[run.trainer], keep="most_accurate", checkpoints=tuple(study.checkpoints),
        )
        for name, run in sorted(study.runs.items(), key=lambda item: TRAINERS.index(item[1].trainer), reverse=True)
    ]  # fmt: skip


class ScikitTrainer(SGDTrainer):
    """Trains a network whose arrays are those of an MLPClassifier; see vision.training.history.Trainer.

    At the same settings it has SGDTrainer's initial weights, orders of samples and constant rate. At its defaults it
    has Nesterov momentum of 0.9, a penalty of 0.0001 and scikit-learn's initial weights and orders, and stops when the
    loss has converged.
    """

    def __init__(self, net: NumpyMLP, train: Samples, recipe: Recipe, *, seed: int, same_settings: bool):
        super().__init__(net, train, recipe, seed=seed)
        self.same_settings, initial = same_settings, net.layers
        self.classifier = MLPClassifier(
            net.widths[1:-1], activation=NAMES[net.activation], solver="sgd", learning_rate_init=recipe.lr,
            batch_size=recipe.batch_size, random_state=np.random.RandomState(seed),
            **SAME_SETTINGS if same_settings else {},
        )  # fmt: skip
        if same_settings:
            self._fit(np.arange(recipe.batch_size))  # the first fit creates the arrays, which are then overwritten
            for layer, drawn in zip(net.layers, initial, strict=True):
                for array, values in zip(layer, drawn, strict=True):
                    array[...] = values

    def train_epoch(self, epoch: int) -> Epoch:
        """Go over the samples once; the mean loss, NaN where scikit-learn refuses weights that are not finite."""
        samples = len(self.labels)
        if not self.same_settings and has_converged(getattr(self.classifier, "loss_curve_", []), self.classifier):
            return Epoch([self.classifier.loss_], [samples], None)
        try:
            self._fit(self.generator.permutation(samples) if self.same_settings else np.arange(samples))
        except ValueError:
            if all(np.isfinite(weights).all() for weights in self.classifier.coefs_):
                raise
            return Epoch([np.nan], [samples], None)
        return Epoch([float(self.classifier.loss_)], [samples], None)

    def _fit(self, order: np.ndarray) -> None:
        """Fit one pass in this order; the classifier shares its arrays with the network."""
        classes = np.arange(self.net.widths[-1])
        self.classifier.partial_fit(self.inputs[order], self.labels[order], classes=classes)
        self.net.layers = list(zip(self.classifier.coefs_, self.classifier.intercepts_, strict=True))


def has_converged(losses: list[float], options: MLPClassifier) -> bool:
    """Whether the loss fell by less than `tol` in more than `n_iter_no_change` epochs in turn, as `fit` tests it."""
    best, unchanged = np.inf, 0
    for loss in losses:
        unchanged = unchanged + 1 if loss > best - options.tol else 0
        best = min(best, loss)
        if unchanged > options.n_iter_no_change:
            return True
    return False
