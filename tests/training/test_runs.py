"""One run: built and trained from its seed alone, on all or a part, in torch or in another library."""

from functools import partial
from math import prod

import numpy as np
import pytest
import torch

from tests.trainings import ENTRY, entry, fit, same
from vision import nets
from vision.data.dataset import Dataset, Samples
from vision.data.statistics import feature_statistics
from vision.nets import build, load_net, save_net
from vision.nets.inference import count_parameters, predict
from vision.pipeline.errors import UserError
from vision.training import runs
from vision.training.history import Epoch, Training
from vision.training.runs import load_once, outcome, train_model


class Softmax:
    """Softmax regression in NumPy."""

    def __init__(self, *, mean, std, shape, n_classes, **hyper):
        self.weight = np.zeros((prod(shape), n_classes))

    def logits(self, inputs):
        return inputs @ self.weight

    def parameters(self):
        return [self.weight]

    def state_dict(self):
        return {"weight": self.weight}

    def load_state_dict(self, state):
        self.weight = np.asarray(state["weight"])

    def learner(self, train, recipe, *, seed):
        return Descent(self, train, recipe, seed)


class Descent:
    """Stochastic gradient descent on it."""

    def __init__(self, net, train, recipe, seed):
        self.net, self.train, self.recipe, self.generator = net, train, recipe, np.random.default_rng(seed)

    def learn_epoch(self, epoch):
        losses, sizes, hits = [], [], 0
        starts = range(self.recipe.batch_size, len(self.train), self.recipe.batch_size)
        for chosen in np.split(self.generator.permutation(len(self.train)), starts):
            inputs, labels = self.train.rows[chosen], self.train.labels[chosen]
            shares = np.exp(self.net.logits(inputs))
            shares /= shares.sum(1, keepdims=True)
            losses.append(float(-np.log(shares[np.arange(len(labels)), labels]).mean()))
            sizes.append(len(labels))
            hits += int((shares.argmax(1) == labels).sum())
            gradient = inputs.T @ (shares - np.eye(shares.shape[1])[labels]) / len(labels)
            self.net.weight = self.net.weight - self.recipe.lr * gradient
        return Epoch(losses, sizes, hits)

    def logits(self, samples):
        return predict(self.net, samples)

    def state(self):
        return self.net.state_dict()

    def restore(self, state):
        self.net.load_state_dict(state)


def as_features(dataset):
    """The same with each pixel a feature."""
    splits = {name: Samples(split.rows, split.labels, split.indices) for name, split in dataset.splits.items()}
    return Dataset(splits, dataset.class_names, *feature_statistics(splits["train"].inputs))


@pytest.fixture
def train(dataset):
    return partial(train_model, dataset=dataset, device="cpu")


def test_a_model_is_built_and_trained_from_its_seed_whatever_ran_before(dataset, train):
    model = entry(crop_padding_pixels=1)
    first = train(model, seed=4)
    torch.rand(17)
    train(model, seed=5)  # its weights are not those that the next run goes on from
    again = train(model, seed=4)
    assert same(first.weights, again.weights)
    assert first.training == again.training
    assert first.hyper == {**dataset.net_inputs, **ENTRY["hyper"]}

    torch.manual_seed(4)
    plain = build("mlp", **first.hyper)
    assert fit(plain, dataset.splits["train"], dataset.splits["valid"], model, seed=4) == first.training
    assert same(first.weights, plain.state_dict())


def test_another_seed_is_another_training(train):
    first, other = (train(entry(), seed=seed) for seed in (0, 1))
    assert not same(first.weights, other.weights)


def test_each_epoch_is_told_and_a_learners_options_are_passed_on(train):
    rows = []
    training = train(entry(), seed=0, on_epoch=rows.append, passes=3, show_progress=False).training
    assert rows == training.curves
    assert len(training.step_losses) == 2 * 3 * 40 / 8


def test_a_part_is_trained_on_as_if_it_were_all_but_for_the_statistics(dataset, train):
    part = dataset.splits["train"][:16]
    splits = {"train": part, "valid": dataset.splits["valid"]}
    alone = Dataset(splits, dataset.class_names, dataset.mean, dataset.std)
    found, expected = train(entry(), seed=0, part=part), train_model(entry(), alone, seed=0, device="cpu")
    assert found.training == expected.training
    assert same(found.weights, expected.weights)


def test_a_model_learns_from_features(dataset):
    trained = train_model(entry(epochs=15), as_features(dataset), seed=0, device="cpu")
    assert trained.hyper["shape"] == [64]
    assert trained.training.curves[-1]["valid_accuracy"] > 0.9


@pytest.mark.parametrize("changes", [{"rotation_degrees": 5}, {"crop_padding_pixels": 1}], ids=str)
def test_features_that_are_to_be_turned_or_cut_are_the_users_error(dataset, changes):
    with pytest.raises(UserError):
        train_model(entry(**changes), as_features(dataset), seed=0, device="cpu")


def test_data_that_do_not_suit_the_network_are_the_users_error(train):
    with pytest.raises(UserError, match=r"^net convnet: its inputs have shape \[1, 8, 8\]: [^\n]+$"):
        train(entry(net="convnet", hyper={"dropout": 0}), seed=0)


def test_a_network_of_another_library_learns_and_is_saved(dataset, train, tmp_path, monkeypatch):
    for module in (runs, nets):
        monkeypatch.setattr(module, "build", lambda name, **hyper: Softmax(**hyper))
    model, rows = entry(epochs=30, lr=0.5), []
    trained = train(model, seed=0, on_epoch=rows.append)
    assert rows == trained.training.curves
    assert rows[0]["augmented_train_loss"] > 1.2 * rows[-1]["augmented_train_loss"]
    assert rows[-1]["valid_accuracy"] > 0.9
    assert same(trained.weights, train(model, seed=0).weights)
    assert not same(trained.weights, train(model, seed=1).weights)

    save_net(tmp_path / "net.pt", "softmax", trained.hyper, trained.weights, {})
    net = load_net(tmp_path / "net.pt").net
    assert count_parameters(net) == 64 * 3
    valid, best = dataset.splits["valid"], rows[trained.training.best_epoch - 1]
    assert (predict(net, valid).argmax(1) == valid.labels).mean() == best["valid_accuracy"]


def test_a_worker_reads_its_data_once(dataset, tmp_path):
    dataset.save(tmp_path / "data.npz")
    assert load_once(tmp_path / "data.npz") is load_once(tmp_path / "data.npz")


@pytest.mark.parametrize(
    ("training", "words"),
    [
        (Training([{"valid_accuracy": 0.5}, {"valid_accuracy": 0.25}], best_epoch=1), "valid accuracy 50.00%"),
        (Training([{"valid_accuracy": 0.5}], best_epoch=1, diverged=True), "diverged valid accuracy 50.00%"),
        (Training(diverged=True), "diverged"),
    ],
)
def test_an_outcome_is_told_in_a_few_words(training, words):
    assert outcome(training) == words
