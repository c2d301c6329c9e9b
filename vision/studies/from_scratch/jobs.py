"""The trainings of the study: the same layers in NumPy, and as scikit-learn's MLPClassifier trains them."""

from functools import partial

import numpy as np
from sklearn.neural_network import MLPClassifier

from vision.data.dataset import Samples
from vision.nets.numpy_mlp import NumpyMLP
from vision.pipeline.schema.models import FromScratch, Recipe, ScratchRun
from vision.studies.from_scratch.names import layers_name
from vision.training.history import Epoch, Training
from vision.training.jobs import Job, Trained
from vision.training.numpy_loop import SGDTrainer

NAMES = {"linear": "identity", "relu": "relu", "sigmoid": "logistic", "tanh": "tanh"}  # activations in scikit-learn
# The settings of SGDTrainer: no momentum, no penalty, and batches in the given order.
SAME_SETTINGS = {"momentum": 0, "nesterovs_momentum": False, "alpha": 0, "shuffle": False}


def tried_jobs(study: FromScratch) -> list[Job]:
    """A job for each choice of layers and network in NumPy, at the first seed."""
    runs = [(name, run) for name, run in study.runs.items() if run.trainer == "numpy"]
    return [_job(study, name, run, hidden, study.seeds[0]) for hidden in study.layers for name, run in runs]


def other_jobs(study: FromScratch, hidden: list[int]) -> list[Job]:
    """A job for each training with the chosen layers that `tried_jobs` has not, those of scikit-learn first."""
    tried = {(name, study.seeds[0]) for name, run in study.runs.items() if run.trainer == "numpy"}
    wanted = [(name, seed) for name in reversed(study.runs) for seed in study.seeds_of(name)]
    return [_job(study, name, study.runs[name], hidden, seed) for name, seed in wanted if (name, seed) not in tried]


def _job(study: FromScratch, name: str, run: ScratchRun, hidden: list[int], seed: int) -> Job:
    """One training, of which the most accurate epoch is kept."""
    trainers = {
        "numpy": SGDTrainer,
        "sklearn": partial(ScikitTrainer, settings=SAME_SETTINGS),
        "sklearn_defaults": partial(ScikitTrainer, settings={"batch_size": run.batch_size or "auto"}),
    }
    recipe = study.recipe(run)
    return Job(
        name, "numpy_mlp", {"hidden": hidden, "activation": run.activation}, recipe, seed,
        labels={"layers": layers_name(hidden)}, trainer=trainers[run.trainer], keep="most_accurate",
        checkpoints=tuple(epoch for epoch in study.checkpoints if epoch <= recipe.epochs),
    )  # fmt: skip


def layer_rows(study: FromScratch, tried: list[Trained]) -> list[dict]:
    """The mean validation accuracy of the last epochs, 0 where training diverged, by layers and nonlinear network."""

    def score(training: Training) -> float:
        return 0.0 if training.diverged else float(np.mean(training.valid_accuracies[-study.score_epochs :]))

    return [
        {"layers": one.job.labels["layers"], "model": one.job.name, "score": score(one.training)}
        for one in tried
        if one.job.hyper["activation"] != "linear"
    ]


def best_layers(study: FromScratch, rows: list[dict]) -> list[int]:
    """The layers with the highest sum of scores, the first of equals."""

    def score(hidden: list[int]) -> float:
        return sum(row["score"] for row in rows if row["layers"] == layers_name(hidden))

    return max(study.layers, key=score)


class ScikitTrainer(SGDTrainer):
    """Trains a network whose arrays are those of an MLPClassifier; see vision.training.history.Trainer.

    At the same settings it has SGDTrainer's initial weights, orders of samples and constant rate. As it comes it has
    Nesterov momentum of 0.9, a penalty of 0.0001 and scikit-learn's initial weights, batches of min(200, N) and orders,
    and stops when the loss has converged.
    """

    def __init__(self, net: NumpyMLP, train: Samples, recipe: Recipe, *, seed: int, settings: dict):
        super().__init__(net, train, recipe, seed=seed)
        self.same_settings, initial = settings == SAME_SETTINGS, net.layers
        self.classifier = MLPClassifier(
            net.widths[1:-1], activation=NAMES[net.activation], solver="sgd", learning_rate_init=recipe.lr,
            random_state=np.random.RandomState(seed), **{"batch_size": recipe.batch_size} | settings,
        )  # fmt: skip
        if self.same_settings:
            self._fit(np.arange(recipe.batch_size))  # the first fit creates the arrays, which are then overwritten
            for layer, drawn in zip(net.layers, initial, strict=True):
                for array, values in zip(layer, drawn, strict=True):
                    array[...] = values

    def train_epoch(self, epoch: int) -> Epoch:
        """Go over the samples once; the mean loss, NaN where scikit-learn refuses weights that are not finite."""
        samples = len(self.labels)
        if not self.same_settings and has_converged(getattr(self.classifier, "loss_curve_", []), self.classifier):
            return Epoch([], [], None)
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
