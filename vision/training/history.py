"""The loop over epochs that all trainings share: their curves, and the epoch whose weights are kept."""

import math
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from vision.data.dataset import Samples
from vision.pipeline.process import time_left
from vision.scores.losses import cross_entropy

DIVERGED = 10  # above this many times the loss of a uniform guess, a training counts as diverged
KEEP: dict[str, Callable[[dict[str, float]], float]] = {  # the kept epoch has the lowest value, the first of equals
    "best": lambda row: row["valid_loss"],
    "most_accurate": lambda row: -row["valid_accuracy"],
    "last": lambda row: -row["epoch"],
}

OnEpoch = Callable[[dict[str, float]], None]


@dataclass
class Training:
    """How a training went.

    Attributes:
        curves: rows of epoch, augmented_train_loss, augmented_train_accuracy (running means while the weights change),
            valid_loss and valid_accuracy, of each finite epoch
        best_epoch: the epoch whose weights are kept; 0 if none was finite
        diverged: whether a loss that was not finite, or too high, ended the training
        checkpoints: copies of the weights by epoch, as in `epoch_50`
    """

    curves: list[dict[str, float]] = field(default_factory=list)
    step_losses: list[float] = field(default_factory=list)
    best_epoch: int = 0
    diverged: bool = False
    checkpoints: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def valid_accuracies(self) -> list[float]:
        """By epoch."""
        return [row["valid_accuracy"] for row in self.curves]

    def history(self) -> dict[str, Any]:
        """What checkpoints store of it."""
        return {"curves": self.curves, "best_epoch": self.best_epoch, "diverged": self.diverged}

    def __str__(self) -> str:
        parts = [f"diverged after epoch {len(self.curves)}"] * self.diverged
        if self.best_epoch:
            accuracy = self.valid_accuracies[self.best_epoch - 1]
            parts.append(f"valid accuracy {accuracy:.2%} in epoch {self.best_epoch}")
        return ", ".join(parts)


class Epoch(NamedTuple):
    """The result of one pass over the training samples."""

    losses: list[float]  # mean of each batch; none where the trainer has ended before this epoch
    sizes: list[int]  # samples of each batch
    correct: int | None  # samples classified correctly before their batch's step; None if not counted
    may_be_kept: bool = True  # whether its weights are for the images as they are


class Trainer(Protocol):
    """Trains one network, epoch by epoch."""

    def train_epoch(self, epoch: int) -> Epoch:
        """Go over the training samples once; epochs count from 1."""

    def logits(self, samples: Samples) -> np.ndarray:
        """Logits, float32 (N, n_classes), at the present weights."""

    def state(self) -> dict[str, Any]:
        """A copy of the weights."""

    def restore(self, state: dict[str, Any]) -> None:
        """Copy such a state into the network."""


def train(
    trainer: Trainer, valid: Samples, epochs: int, on_epoch: OnEpoch = lambda row: None, *,
    keep: str = "best", checkpoints: Collection[int] = (), after: Training | None = None,
) -> Training:  # fmt: skip
    """Train until the last epoch or divergence, then restore the weights of the epoch to keep.

    Args:
        on_epoch: called with each finite row of the curves
        keep: a key of KEEP
        checkpoints: epochs after which a copy of the weights is stored, too
        after: a training whose kept weights this one starts from; its epochs precede this one's
    """
    training, kept = after or Training(), trainer.state()
    done, lowest = len(training.curves), min(map(KEEP[keep], training.curves), default=math.inf)
    for epoch in range(1, epochs + 1):
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is reported in words
            row, losses, diverged, may_be_kept = _run_epoch(trainer, valid, epoch)
        if not losses:
            training.checkpoints |= {f"epoch_{later}": trainer.state() for later in checkpoints if later >= epoch}
            break
        if diverged:
            training.diverged = True
            break
        row["epoch"] += done
        training.curves.append(row)
        training.step_losses += losses
        on_epoch(row)
        if epoch in checkpoints:
            training.checkpoints[f"epoch_{epoch}"] = trainer.state()
        if may_be_kept and KEEP[keep](row) < lowest:
            lowest, kept, training.best_epoch = KEEP[keep](row), trainer.state(), row["epoch"]
    trainer.restore(kept)
    return training


def _run_epoch(trainer: Trainer, valid: Samples, epoch: int) -> tuple[dict[str, float], list[float], bool, bool]:
    """The row of the curves, the losses of all batches, whether the training diverged, and Epoch's last field."""
    losses, sizes, correct, may_be_kept = trainer.train_epoch(epoch)
    if not losses:
        return {}, [], False, False
    logits = trainer.logits(valid)
    row = {"epoch": epoch, "augmented_train_loss": float(np.average(losses, weights=sizes))}  # batch sizes differ
    if correct is not None:
        row["augmented_train_accuracy"] = correct / sum(sizes)
    row["valid_loss"] = float(cross_entropy(logits, valid.labels).mean())
    row["valid_accuracy"] = float((logits.argmax(1) == valid.labels).mean())
    too_high = row["augmented_train_loss"] > DIVERGED * math.log(logits.shape[1])
    return row, losses, too_high or not np.isfinite(list(row.values())).all(), may_be_kept


def epoch_printer(epochs: int) -> OnEpoch:
    """Make a function that prints a line for each of so many epochs, with its seconds and how long the rest will take.

    An epoch to come is expected to take as long as the one before.
    """
    before = time.perf_counter()

    def print_epoch(row: dict[str, float]) -> None:
        nonlocal before
        seconds, before = time.perf_counter() - before, time.perf_counter()
        line = f"epoch {row['epoch']} of {epochs}: train loss {row['augmented_train_loss']:.4f} (augmented), "
        line += f"valid loss {row['valid_loss']:.4f}, valid accuracy {row['valid_accuracy']:.2%}, {seconds:.1f} s"
        left = (epochs - row["epoch"]) * seconds
        print(line + (f", {time_left(left)}" if left else ""), flush=True)

    return print_epoch
