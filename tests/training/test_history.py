"""One training, whatever learns: its curves by hand, its best epoch, its divergence."""

import math

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.training.history import Epoch, train

N_CLASSES = 3
VALID = Samples(np.zeros((8, 2), np.float32), np.arange(8) % N_CLASSES, np.arange(8))


class Scripted:
    """A trainer whose epochs are written down; its weight is the number of the epoch it has been through.

    Each epoch gives its training loss and by how much the logit of the right class, on validation samples, is above
    the others; below 0 all are wrong.
    """

    def __init__(self, *epochs):
        self.epochs, self.weight = epochs, np.zeros(1)

    def train_epoch(self, epoch):
        self.weight[0] = epoch
        loss, _ = self.epochs[epoch - 1]
        return Epoch([loss, 2 * loss], [6, 2], correct=5)

    def logits(self, samples):
        _, margin = self.epochs[int(self.weight[0]) - 1]
        return (margin * np.eye(N_CLASSES)[samples.labels]).astype(np.float32)

    def state(self):
        return {"weight": self.weight.copy()}

    def restore(self, state):
        self.weight = state["weight"].copy()


def run(trainer, epochs, **options):
    """Train for some epochs; give the training and the rows that on_epoch got."""
    rows = []
    return train(trainer, VALID, epochs, rows.append, **options), rows


def valid_loss(margin):
    return math.log(math.exp(margin) + N_CLASSES - 1) - margin


def test_curves_are_those_by_hand():
    training, rows = run(Scripted((1, 2.0), (0.5, -1.0)), 2)
    assert rows == training.curves
    assert [row["epoch"] for row in rows] == [1, 2]
    # The mean over the 6 + 2 samples, and not over the two batches (B1.1).
    assert [row["augmented_train_loss"] for row in rows] == pytest.approx([(6 + 2 * 2) / 8, (3 + 2) / 8])
    assert [row["augmented_train_accuracy"] for row in rows] == [5 / 8, 5 / 8]
    assert [row["valid_loss"] for row in rows] == pytest.approx([valid_loss(2), valid_loss(-1)])
    assert [row["valid_accuracy"] for row in rows] == [1, 0]
    assert training.step_losses == [1, 2, 0.5, 1]
    assert not training.diverged


@pytest.mark.parametrize(
    ("margins", "keep", "best"),
    [
        ([1, 3, 2], "best", 2), ([1, 2, 3], "best", 3), ([2, 2, 1], "best", 1),
        ([1, 3, 2], "most_accurate", 1), ([-1, 3, 4], "most_accurate", 2), ([3, 2, 1], "last", 3),
    ],
)  # fmt: skip
def test_the_kept_weights_are_those_of_the_first_epoch_that_is_best(margins, keep, best):
    trainer = Scripted(*((1, margin) for margin in margins))
    training, rows = run(trainer, 3, keep=keep)
    assert (training.best_epoch, len(rows)) == (best, 3)
    assert trainer.weight == best


def test_checkpoints_are_copies_of_the_weights_after_their_epochs():
    training, _ = run(Scripted(*[(1, 1)] * 4), 4, checkpoints=(2, 4))
    assert training.checkpoints == {"epoch_2": {"weight": 2}, "epoch_4": {"weight": 4}}


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [([1, 2], [3, 5, 4], 4), ([1, 5], [3, 5], 2), ([math.nan], [1, 2], 2), ([math.nan], [math.nan], 0)],
)  # margins of either training; of equal epochs the first is kept
def test_a_training_continues_another_one(first, second, best):
    before, rows = run(Scripted(*((1, margin) for margin in first)), len(first))
    done, later = len(rows), Scripted(*((1, margin) for margin in second))
    later.weight[0] = 100  # the weights that the first training kept
    training, more = run(later, len(second), after=before)
    assert training.curves == rows + more
    assert [row["epoch"] for row in training.curves] == [*range(1, len(training.curves) + 1)]
    assert training.step_losses == len(training.curves) * [1, 2]
    assert training.best_epoch == best
    assert later.weight == (100 if best <= done else best - done)
    assert training.diverged == any(map(math.isnan, [*first, *second]))


@pytest.mark.parametrize("bad", [(math.nan, 1), (1, math.nan), (8.01 * math.log(N_CLASSES), 1)], ids=str)
@pytest.mark.parametrize("good", [0, 2])
def test_a_diverging_training_stops_and_keeps_its_last_good_weights(good, bad):
    high = 7.99 * math.log(N_CLASSES)  # ten uniform guesses are too high; the mean loss is 10 / 8 times as high
    trainer = Scripted(*[(high, epoch) for epoch in range(1, good + 1)], bad, (1, 9))
    training, rows = run(trainer, good + 2)
    assert training.diverged
    assert len(rows) == len(training.curves) == good == training.best_epoch == trainer.weight
    assert training.step_losses == good * [high, 2 * high]
