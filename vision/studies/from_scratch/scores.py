"""Scores of the study's networks: test accuracies at each checkpoint, and pairs of networks on the same images."""

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from vision.data.dataset import Samples
from vision.nets import SavedNet
from vision.nets.inference import predict
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import FromScratch
from vision.scores.classification import summarise
from vision.scores.estimate import table_row
from vision.scores.paired import mcnemar, paired_gain

BEST = "best"  # the most accurate epoch on the validation images
OPPONENTS = ("sklearn", "sklearn_defaults")  # trainers that the one in NumPy is compared with


class Evaluated(NamedTuple):
    """A network with the weights of one of its epochs."""

    epoch: int
    valid_accuracy: float
    scores: dict[str, Any]  # of the test images, as `summarise` returns them
    correct: np.ndarray  # which test images are classified correctly, bool (N,)


Networks = dict[str, dict[str, Evaluated]]  # by network and checkpoint: epoch_50, best


def evaluate(saved: SavedNet, splits: dict[str, Samples]) -> dict[str, Evaluated]:
    """Score a network at its checkpoints and its best epoch; a training that diverged may lack some of them."""
    history, test = saved.history, splits["test"]
    best = {BEST: {name: np.array(value) for name, value in saved.net.state_dict().items()}}
    weights = history["checkpoints"] | (best if history["best_epoch"] else {})
    accuracies = [row["valid_accuracy"] for row in history["curves"]]
    evaluated = {}
    for checkpoint, state in weights.items():
        saved.net.load_state_dict(state)
        epoch = history["best_epoch"] if checkpoint == BEST else int(checkpoint.removeprefix("epoch_"))
        logits = predict(saved.net, test)
        correct = logits.argmax(1) == test.labels
        evaluated[checkpoint] = Evaluated(epoch, accuracies[epoch - 1], summarise(logits, test.labels), correct)
    return evaluated


def scores(lr: float, history: dict[str, Any], evaluated: dict[str, Evaluated]) -> dict[str, Any]:
    """How a training went, and the test scores at each checkpoint."""
    finite, diverged = len(history["curves"]), history["diverged"]
    training = {"lr": lr, "best_epoch": history["best_epoch"], "finite_epochs": finite, "diverged": diverged}
    training |= {"diverged_in_epoch": finite + 1} if diverged else {}
    return training | {checkpoint: one.scores for checkpoint, one in evaluated.items()}


def accuracy_rows(
    study: FromScratch, networks: Networks, diverged: dict[str, bool], reported: dict[tuple, float]
) -> list[dict]:
    """One row for each network and checkpoint, with the accuracy that the document reported, by model and epoch."""
    rows = []
    for name, evaluated in networks.items():
        run = study.runs[name]
        for checkpoint, one in evaluated.items():
            row = {"model": name, "trainer": run.trainer, "activation": run.activation, "lr": run.lr}
            row |= {"kept": checkpoint, "epoch": one.epoch, "diverged": diverged[name]}
            row |= {"valid_accuracy": one.valid_accuracy, **table_row(one.scores)}
            rows.append(row | {"reported": reported.get((name, one.epoch)) if checkpoint != BEST else None})
    return rows


def pair_rows(study: FromScratch, networks: Networks) -> list[dict]:
    """Differences of test accuracy: NumPy minus scikit-learn, the best network minus all, 50 minus 100 epochs.

    Networks in NumPy are compared with those of scikit-learn that have their activation and rate.
    """
    rows = []
    for (one, run), trainer, (two, other) in product(study.runs.items(), OPPONENTS, study.runs.items()):
        same = (run.activation, run.lr) == (other.activation, other.lr)
        if run.trainer == "numpy" and other.trainer == trainer and same:
            both = (kept for kept in networks[one] if kept in networks[two])
            rows += [_pair(one, two, kept, networks[one][kept], networks[two][kept]) for kept in both]
    best = most_accurate(networks)
    for other in (name for name, evaluated in networks.items() if name != best and BEST in evaluated):
        rows.append(_pair(best, other, f"{BEST} of all", networks[best][BEST], networks[other][BEST]))
    early, late = (f"epoch_{limit(study.checkpoints)}" for limit in (min, max))
    for name, evaluated in networks.items():
        if early != late and late in evaluated:
            rows.append(_pair(name, name, f"{early} less {late}", evaluated[early], evaluated[late]))
    return rows


def _pair(first: str, second: str, kept: str, one: Evaluated, two: Evaluated) -> dict[str, Any]:
    difference = paired_gain(two.correct, one.correct).columns("difference")
    names = {"first": first, "second": second, "kept": kept}
    return {**names, **difference, "p": mcnemar(one.correct, two.correct)}


def most_accurate(networks: Networks) -> str:
    """The network that is most accurate on the validation images, the first of equals.

    Raises:
        UserError: none has an epoch with finite weights
    """
    accuracies = {name: one[BEST].valid_accuracy for name, one in networks.items() if BEST in one}
    if not accuracies:
        raise UserError("every network of from_scratch diverged in its first epoch; choose smaller rates")
    return max(accuracies, key=accuracies.get)
