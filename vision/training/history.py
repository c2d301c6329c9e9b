"""One training, whatever learns: epochs, their history, and the weights of the best one."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from vision.data.dataset import Samples
from vision.scores.losses import cross_entropy

HOPELESS = 10  # a mean loss of this many times that of a uniform guess is no training any more


@dataclass
class Training:
    """How a training went.

    Attributes:
        curves: one row per finite epoch: epoch, augmented_train_loss, augmented_train_accuracy (running, while the
            weights change), valid_loss, valid_accuracy; both at the recipe's precision
        best_epoch: the epoch with the lowest validation loss, whose weights the network holds; 0 if none was finite
        step_losses: the training loss of every batch in turn, on augmented images
        diverged: whether an epoch's loss was not finite, or ten times that of a uniform guess; it ended the training
    """

    curves: list[dict[str, float]] = field(default_factory=list)
    step_losses: list[float] = field(default_factory=list)
    best_epoch: int = 0
    diverged: bool = False


class Epoch(NamedTuple):
    """What one pass over the training samples gave.

    Attributes:
        losses: mean loss of every batch in turn
        sizes: how many samples each batch has
        hits: how many samples were right when their turn came
    """

    losses: list[float]
    sizes: list[int]
    hits: int


class Trainer(Protocol):
    """What trains one network, epoch by epoch."""

    def train_epoch(self, epoch: int) -> Epoch:
        """Go over the training samples once; epochs count from 1."""

    def logits(self, samples: Samples) -> np.ndarray:
        """Logits, float32 (N, n_classes), of the network as it is now."""

    def state(self) -> dict[str, Any]:
        """A copy of the weights."""

    def restore(self, state: dict[str, Any]) -> None:
        """Put such a copy back."""


def train(trainer: Trainer, valid: Samples, epochs: int, on_epoch: Callable[[dict[str, float]], None]) -> Training:
    """Train for some epochs, or until it is hopeless, and leave the network with the weights of its best epoch.

    Args:
        on_epoch: called with each finite row of the curves
    """
    training, best_loss, best_state = Training(), math.inf, trainer.state()
    for epoch in range(1, epochs + 1):
        losses, sizes, hits = trainer.train_epoch(epoch)
        logits = trainer.logits(valid)
        row = {
            "epoch": epoch,
            "augmented_train_loss": float(np.average(losses, weights=sizes)),  # the last batch may be smaller (B1.1)
            "augmented_train_accuracy": hits / sum(sizes),
            "valid_loss": float(cross_entropy(logits, valid.labels).mean()),
            "valid_accuracy": float((logits.argmax(1) == valid.labels).mean()),
        }
        hopeless = row["augmented_train_loss"] > HOPELESS * math.log(logits.shape[1])
        if hopeless or not np.isfinite(list(row.values())).all():
            training.diverged = True
            break
        training.curves.append(row)
        training.step_losses += losses
        on_epoch(row)
        if row["valid_loss"] < best_loss:
            best_loss, best_state, training.best_epoch = row["valid_loss"], trainer.state(), epoch
    trainer.restore(best_state)
    return training
