"""What the networks of the study are worth: their test accuracies at each checkpoint, and pairs on the same images."""

from typing import Any, NamedTuple

import numpy as np

from vision.data.dataset import Samples
from vision.nets import SavedNet
from vision.nets.inference import predict
from vision.pipeline.errors import UserError
from vision.pipeline.schema.from_scratch import FromScratch
from vision.scores.classification import summarise
from vision.scores.paired import mcnemar, paired_interval

BEST = "best"  # the most accurate epoch on the validation images
AGAINST = ("sklearn", "sklearn_defaults")  # trainers that our own is held against


class Judged(NamedTuple):
    """A network with the weights of one of its epochs.

    Attributes:
        epoch: after which they were its weights
        scores: of the test images, as vision.scores.classification.summarise gives them
        right: which test images are named rightly, bool (N,)
    """

    epoch: int
    valid_accuracy: float
    scores: dict[str, Any]
    right: np.ndarray


Kept = dict[str, dict[str, Judged]]  # by network, and by what is kept of it: epoch_50, best


def judge(saved: SavedNet, splits: dict[str, Samples]) -> dict[str, Judged]:
    """Score a network at its checkpoints and at its best epoch, as far as a training that diverged has them."""
    history = saved.history
    best = {BEST: {name: np.array(value) for name, value in saved.net.state_dict().items()}}
    weights = history["checkpoints"] | (best if history["best_epoch"] else {})
    accuracies = [row["valid_accuracy"] for row in history["curves"]]
    judged = {}
    for kept, state in weights.items():
        saved.net.load_state_dict(state)
        epoch = history["best_epoch"] if kept == BEST else int(kept.removeprefix("epoch_"))
        logits, labels = predict(saved.net, splits["test"]), splits["test"].labels
        judged[kept] = Judged(epoch, accuracies[epoch - 1], summarise(logits, labels), logits.argmax(1) == labels)
    return judged


def accuracy_rows(study: FromScratch, found: Kept, curves: dict[str, Any], printed: dict[tuple, float]) -> list[dict]:
    """One row for each network and what is kept of it, beside what the document printed (rows F5, F6).

    Args:
        curves: whether each network's training `diverged`
        printed: test accuracies by model and epoch
    """
    rows = []
    for name, judged in found.items():
        run = study.runs[name]
        about = {"model": name, "trainer": run.trainer, "activation": run.activation, "lr": run.lr}
        for kept, one in judged.items():
            row = {**about, "kept": kept, "epoch": one.epoch, "diverged": curves[name]["diverged"]}
            row |= {"valid_accuracy": one.valid_accuracy, **one.scores}
            rows.append(row | {"printed": printed.get((name, one.epoch)) if kept != BEST else None})
    return rows


def pair(first: Judged, second: Judged) -> dict[str, float]:
    """Test accuracy of the first less the second's on the same images, with its interval, and McNemar's p-value."""
    gained, lost = int((first.right & ~second.right).sum()), int((second.right & ~first.right).sum())
    low, high = paired_interval(gained, lost, len(first.right))
    difference, p = (gained - lost) / len(first.right), mcnemar(first.right, second.right)
    return {"difference": difference, "difference_low": low, "difference_high": high, "p": p}


def pair_rows(study: FromScratch, found: Kept) -> list[dict]:
    """Pairs of networks: ours against scikit-learn's, the most accurate by validation against all, 50 and 100 epochs.

    Columns: first, second, kept (of both; of one network at two epochs, both), and those of `pair`.
    """
    pairs = [(one, other, kept) for one, other in _opponents(study) for kept in found[one] if kept in found[other]]
    rows = [_row(one, other, kept, found[one][kept], found[other][kept]) for one, other, kept in pairs]
    best = most_accurate(found)
    for other in (name for name, judged in found.items() if name != best and BEST in judged):
        rows.append(_row(best, other, f"{BEST} of all", found[best][BEST], found[other][BEST]))
    early, late = (f"epoch_{epoch}" for epoch in (min(study.checkpoints), max(study.checkpoints)))
    for name, judged in found.items():
        if early != late and late in judged:
            rows.append(_row(name, name, f"{early} less {late}", judged[early], judged[late]))
    return rows


def _row(first: str, second: str, kept: str, one: Judged, other: Judged) -> dict:
    return {"first": first, "second": second, "kept": kept, **pair(one, other)}


def most_accurate(found: Kept) -> str:
    """The network that is most accurate on the validation images (bug B4.5), the first of equals.

    Raises:
        UserError: none has an epoch with finite weights
    """
    trained = {name: judged[BEST].valid_accuracy for name, judged in found.items() if BEST in judged}
    if not trained:
        raise UserError("every network of from_scratch diverged in its first epoch; choose smaller rates")
    return max(trained, key=trained.get)


def _opponents(study: FromScratch) -> list[tuple[str, str]]:
    """Our networks, each with scikit-learn's of its activation and rate, on equal terms and as it comes."""
    runs = study.runs
    own = [name for name, run in runs.items() if run.trainer == "numpy"]
    return [
        (first, second)
        for first in own
        for trainer in AGAINST
        for second, run in runs.items()
        if (run.trainer, run.activation, run.lr) == (trainer, runs[first].activation, runs[first].lr)
    ]
