"""Scores of the study's networks: test accuracies at each checkpoint, and pairs of networks on the same images."""

from collections.abc import Iterable
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from vision.data.dataset import Samples
from vision.nets import SavedNet
from vision.nets.inference import predict
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import FromScratch
from vision.scores.classification import summarise
from vision.scores.estimate import Estimate, table_row
from vision.scores.intervals import seed_and_sample_estimate, seed_estimate
from vision.scores.paired import paired_gain
from vision.studies.from_scratch.names import CHOSEN

BEST = "best"  # the most accurate epoch on the validation images


class Evaluated(NamedTuple):
    """The networks of all seeds of one name, each with the weights of one of its epochs."""

    epochs: list[int]
    valid_accuracy: float  # mean over the seeds
    scores: dict[str, Any]  # of the test images: those of one network, or the means of `over_seeds`
    correct: np.ndarray  # which test images are classified correctly, bool (seeds, N)


Networks = dict[str, dict[str, Evaluated]]  # by network and checkpoint: epoch_50, best


def evaluate(saved: list[SavedNet], splits: dict[str, Samples]) -> dict[str, Evaluated]:
    """Score a network of each seed at its checkpoints and its best epoch, where no seed's training lacks it."""
    each = [_evaluate(one, splits["test"]) for one in saved]
    return {key: _over_seeds([one[key] for one in each]) for key in each[0] if all(key in one for one in each)}


def _evaluate(saved: SavedNet, test: Samples) -> dict[str, Evaluated]:
    history = saved.history
    best = {BEST: {name: np.array(value) for name, value in saved.net.state_dict().items()}}
    weights = history["checkpoints"] | (best if history["best_epoch"] else {})
    accuracies = [row["valid_accuracy"] for row in history["curves"]]
    evaluated = {}
    for checkpoint, state in weights.items():
        saved.net.load_state_dict(state)
        epoch = history["best_epoch"] if checkpoint == BEST else int(checkpoint.removeprefix("epoch_"))
        epoch = min(epoch, len(accuracies))  # a training that has converged ends before
        logits = predict(saved.net, test)
        correct = (logits.argmax(1) == test.labels)[None]
        evaluated[checkpoint] = Evaluated([epoch], accuracies[epoch - 1], summarise(logits, test.labels), correct)
    return evaluated


def _over_seeds(each: list[Evaluated]) -> Evaluated:
    """The networks of several seeds as one, with the means of their scores."""
    if len(each) == 1:
        return each[0]
    correct = np.concatenate([one.correct for one in each])
    losses = np.array([one.scores["loss"].value for one in each])
    scores = {"accuracy": _mean(correct, 0), "loss": seed_estimate(losses, smallest=0)}
    epochs, valid = [one.epochs[0] for one in each], float(np.mean([one.valid_accuracy for one in each]))
    return Evaluated(epochs, valid, scores, correct)


def _mean(values: np.ndarray, smallest: float) -> Estimate:
    """The mean of values (seeds, N) from `smallest` to 1, whose interval covers seeds and images."""
    mean = seed_and_sample_estimate(values.mean(1), values.mean(0))
    return mean._replace(low=max(mean.low, smallest), high=min(mean.high, 1.0))


def scores(lr: float, saved: list[SavedNet], evaluated: dict[str, Evaluated]) -> dict[str, Any]:
    """How the training of the first seed went, and the test scores at each checkpoint."""
    history = saved[0].history
    finite, diverged = len(history["curves"]), history["diverged"]
    training = {"lr": lr, "best_epoch": history["best_epoch"], "finite_epochs": finite, "diverged": diverged}
    training |= {"diverged_in_epoch": finite + 1} if diverged else {}
    return training | {checkpoint: one.scores for checkpoint, one in evaluated.items()}


def loss_differences(study: FromScratch, saved: dict[str, list[SavedNet]]) -> dict[str, float]:
    """The largest relative difference of the training losses of NumPy's network and scikit-learn's, by network."""
    differences = {}
    for one, two in _pairs(study, saved, "sklearn"):
        epochs = zip(*(saved[name][0].history["curves"] for name in (one, two)), strict=False)
        losses = np.array([[row["augmented_train_loss"] for row in rows] for rows in epochs])
        differences[one] = float(np.abs(losses[:, 1] / losses[:, 0] - 1).max()) if len(losses) else None
    return differences


def accuracy_rows(
    study: FromScratch, layers: str, networks: Networks, diverged: dict[str, bool], reported: dict[tuple, float]
) -> list[dict]:
    """One row for each network and checkpoint, with the accuracy that the document reported, by model and checkpoint.

    scikit-learn's networks at the same settings are left out: they are copies, trained for a few epochs.
    """
    rows = []
    for name, evaluated in networks.items():
        run = study.runs[name]
        if run.trainer == "sklearn":
            continue
        for checkpoint, one in evaluated.items():
            row = {"layers": layers, "model": name, "trainer": run.trainer, "activation": run.activation, "lr": run.lr}
            row |= {"kept": checkpoint, "epochs": ", ".join(map(str, dict.fromkeys(one.epochs)))}
            row |= {"seeds": len(one.correct), "diverged": diverged[name], "valid_accuracy": one.valid_accuracy}
            row |= table_row({key: one.scores[key] for key in ("accuracy", "loss")})
            rows.append(row | {"reported": reported.get((name, checkpoint))})
    return rows


def pair_rows(study: FromScratch, layers: str, networks: Networks) -> list[dict]:
    """Differences of test accuracy: NumPy minus scikit-learn as it comes, the best network minus all, the first
    checkpoint minus the last.

    The best by validation is not compared with scikit-learn's at the same settings, which are copies.

    Raises:
        UserError: all networks with the chosen layers diverged in their first epoch
    """
    rows = []
    for one, two in _pairs(study, networks, "sklearn_defaults"):
        both = (kept for kept in networks[one] if kept in networks[two])
        rows += [_pair(one, two, kept, networks[one][kept], networks[two][kept]) for kept in both]
    own = {name: one[BEST] for name, one in networks.items() if BEST in one and study.runs[name].trainer != "sklearn"}
    if not own and layers == CHOSEN:
        raise UserError("every network of from_scratch diverged in its first epoch; choose smaller rates")
    if own:
        best = max(own, key=lambda name: own[name].valid_accuracy)
        rows += [_pair(best, name, f"{BEST} of all", own[best], own[name]) for name in own if name != best]
    early, late = (f"epoch_{limit(study.checkpoints)}" for limit in (min, max))
    for name, evaluated in networks.items():
        if early != late and late in evaluated:
            rows.append(_pair(name, name, f"{early} less {late}", evaluated[early], evaluated[late]))
    return [{"layers": layers, **row} for row in rows]


def _pairs(study: FromScratch, names: Iterable[str], trainer: str) -> list[tuple[str, str]]:
    """The networks in NumPy, and those of another trainer with their activation, rate and batches."""

    def settings(name: str) -> tuple:
        run = study.runs[name]
        return run.activation, run.lr, run.batch_size

    numpy, others = ([name for name in names if study.runs[name].trainer == kind] for kind in ("numpy", trainer))
    return [(one, two) for one, two in product(numpy, others) if settings(one) == settings(two)]


def _pair(first: str, second: str, kept: str, one: Evaluated, two: Evaluated) -> dict[str, Any]:
    seeds = min(len(one.correct), len(two.correct))
    new, old = one.correct[:seeds], two.correct[:seeds]
    difference = paired_gain(old[0], new[0]) if seeds == 1 else _mean(new.astype(float) - old, -1)
    return {"first": first, "second": second, "kept": kept, "seeds": seeds, **difference.columns("difference")}
