"""One training, whatever learns: its rows by hand, its best epoch, its divergence."""

import math

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.scores.losses import cross_entropy
from vision.training.history import Epoch, Training, train

N_CLASSES = 3
VALID = Samples(np.zeros((8, 2), np.float32), np.arange(8) % N_CLASSES, np.arange(8))


class Scripted:
    """A learner whose epochs are written down; its weight is the number of the epoch it has been through.

    Each epoch gives its training loss and by how much the logit of the right class, on validation samples, is above
    the others; below 0 all are wrong.
    """

    def __init__(self, *epochs):
        self.epochs, self.weight = epochs, np.zeros(1)

    def learn_epoch(self, epoch):
        self.weight[0] = epoch
        loss, _ = self.epochs[epoch - 1]
        return Epoch([loss, 2 * loss], [6, 2], hits=5)

    def logits(self, samples):
        _, margin = self.epochs[int(self.weight[0]) - 1]
        return (margin * np.eye(N_CLASSES)[samples.labels]).astype(np.float32)

    def state(self):
        return {"weight": self.weight.copy()}

    def restore(self, state):
        self.weight = state["weight"].copy()


class Softmax:
    """Softmax regression by whole-batch gradient descent, in plain NumPy."""

    def __init__(self, samples, rate):
        self.samples, self.rate, self.weight = samples, rate, np.zeros((samples.inputs.shape[1], N_CLASSES))

    def learn_epoch(self, epoch):
        logits, hot = self.logits(self.samples), np.eye(N_CLASSES)[self.samples.labels]
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        losses = -np.log(shares[np.arange(len(hot)), self.samples.labels])
        self.weight -= self.rate * self.samples.rows.T @ (shares - hot) / len(hot)
        return Epoch([float(losses.mean())], [len(hot)], int((logits.argmax(1) == self.samples.labels).sum()))

    def logits(self, samples):
        return (samples.rows @ self.weight).astype(np.float32)

    def state(self):
        return {"weight": self.weight.copy()}

    def restore(self, state):
        self.weight = state["weight"].copy()


def run(learner, epochs):
    """Train for some epochs; give the training and the rows that were told."""
    rows = []
    return train(learner, VALID, epochs, rows.append), rows


def valid_loss(margin):
    return math.log(math.exp(margin) + N_CLASSES - 1) - margin


def test_each_epoch_is_a_row_by_hand():
    training, rows = run(Scripted((1, 2.0), (0.5, -1.0)), 2)
    assert rows == training.curves
    assert [row["epoch"] for row in rows] == [1, 2]
    # The mean over the 6 + 2 samples, and not over the two batches (bug B1.1).
    assert [row["augmented_train_loss"] for row in rows] == pytest.approx([(6 + 2 * 2) / 8, (3 + 2) / 8])
    assert [row["augmented_train_accuracy"] for row in rows] == [5 / 8, 5 / 8]
    assert [row["valid_loss"] for row in rows] == pytest.approx([valid_loss(2), valid_loss(-1)])
    assert [row["valid_accuracy"] for row in rows] == [1, 0]
    assert training.step_losses == [1, 2, 0.5, 1]
    assert not training.diverged


@pytest.mark.parametrize(("margins", "best"), [([1, 3, 2], 2), ([1, 2, 3], 3), ([3, 2, 1], 1), ([2, 2, 1], 1)])
def test_the_weights_kept_are_those_of_the_first_lowest_validation_loss(margins, best):
    learner = Scripted(*((1, margin) for margin in margins))
    training, rows = run(learner, 3)
    assert (training.best_epoch, len(rows)) == (best, 3)
    assert learner.weight == best


@pytest.mark.parametrize("bad", [(math.nan, 1), (math.inf, 1), (1, math.nan), (1, -math.inf), (11, 1)], ids=str)
@pytest.mark.parametrize("good", [0, 2])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_training_that_diverges_stops_and_keeps_its_last_good_weights(good, bad):
    learner = Scripted(*[(1, epoch) for epoch in range(1, good + 1)], bad, (1, 9))
    training, rows = run(learner, good + 2)
    assert training.diverged
    assert len(rows) == len(training.curves) == good == training.best_epoch == learner.weight
    assert training.step_losses == good * [1, 2]


@pytest.mark.parametrize(("factor", "diverged"), [(0.99, False), (1.01, True)])
def test_a_mean_loss_of_ten_uniform_guesses_is_divergence(factor, diverged):
    mean = 10 * math.log(N_CLASSES)
    training, _ = run(Scripted((factor * mean / ((6 + 2 * 2) / 8), 1)), 1)
    assert training.diverged == diverged


def test_no_epoch_leaves_the_weights_as_they_were():
    learner = Scripted()
    assert run(learner, 0)[0] == Training()
    assert learner.weight == 0


def samples(n, seed):
    labels = np.arange(n) % N_CLASSES
    rows = np.eye(N_CLASSES)[labels] + 0.3 * np.random.default_rng(seed).normal(size=(n, N_CLASSES))
    return Samples(rows.astype(np.float32), labels, np.arange(n))


def test_a_learner_without_torch_learns():
    learner, valid = Softmax(samples(60, seed=0), rate=2), samples(30, seed=1)
    training = train(learner, valid, 20, lambda row: None)
    assert training.curves[0]["augmented_train_loss"] == pytest.approx(math.log(N_CLASSES))
    assert training.curves[-1]["valid_accuracy"] > 0.9
    losses = [row["valid_loss"] for row in training.curves]
    assert training.best_epoch == np.argmin(losses) + 1
    kept = cross_entropy(learner.logits(valid), valid.labels).mean()
    assert kept == losses[training.best_epoch - 1]
