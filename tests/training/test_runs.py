"""One run: built and trained from its seed alone, on all or a part, in torch or in NumPy."""

from functools import partial

import numpy as np
import pytest
import torch

from tests.trainings import ENTRY, entry, fit, same
from vision.data.dataset import Dataset, Samples
from vision.data.statistics import feature_statistics
from vision.nets import build, load_net, save_net
from vision.nets.inference import count_parameters, predict
from vision.pipeline.errors import UserError
from vision.training.history import Training
from vision.training.runs import outcome, train_model


@pytest.fixture
def train(dataset):
    return partial(train_model, dataset=dataset, device="cpu")


def test_a_model_is_built_and_trained_from_its_seed_whatever_ran_before(dataset, train):
    model = entry(crop_padding_pixels=1)
    first = train(model, seed=4)
    torch.rand(17)
    other = train(model, seed=5)  # its weights are not those that the next run goes on from
    again = train(model, seed=4)
    assert same(first.weights, again.weights)
    assert first.training == again.training
    assert first.hyper == {**dataset.net_inputs, **ENTRY["hyper"]}
    assert not same(first.weights, other.weights)

    torch.manual_seed(4)
    plain = build("mlp", **first.hyper)
    assert fit(plain, dataset.splits["train"], dataset.splits["valid"], model, seed=4) == first.training
    assert same(first.weights, plain.state_dict())


def test_on_epoch_gets_each_row_and_options_reach_the_learner(train):
    rows = []
    training = train(entry(), seed=0, on_epoch=rows.append, passes=3, show_progress=False).training
    assert rows == training.curves
    assert len(training.step_losses) == 2 * 3 * 40 / 8


def test_a_model_learns_from_features_and_cannot_augment_them(dataset):
    splits = {name: Samples(split.rows, split.labels, split.indices) for name, split in dataset.splits.items()}
    features = Dataset(splits, dataset.class_names, *feature_statistics(splits["train"].inputs))
    trained = train_model(entry(epochs=15), features, seed=0, device="cpu")
    assert trained.hyper["shape"] == [64]
    assert trained.training.curves[-1]["valid_accuracy"] > 0.9
    with pytest.raises(UserError):
        train_model(entry(crop_padding_pixels=1), features, seed=0, device="cpu")


def test_images_that_do_not_suit_the_network_are_the_users_error(train):
    with pytest.raises(UserError, match=r"^net convnet: its inputs have shape \[1, 8, 8\]: [^\n]+$"):
        train(entry(net="convnet", hyper={"dropout": 0}), seed=0)


def test_a_network_without_torch_learns_and_is_saved(dataset, train, tmp_path):
    model = entry(net="numpy_mlp", hyper={"hidden": [], "activation": "linear"}, epochs=30)
    trained = train(model, seed=0)
    rows = trained.training.curves
    assert rows[0]["augmented_train_loss"] > 1.2 * rows[-1]["augmented_train_loss"]
    assert rows[-1]["valid_accuracy"] > 0.9
    assert same(trained.weights, train(model, seed=0).weights)
    assert not same(trained.weights, train(model, seed=1).weights)

    save_net(tmp_path / "net.pt", "numpy_mlp", trained.hyper, trained.weights, {})
    net = load_net(tmp_path / "net.pt").net
    assert count_parameters(net) == 64 * 3 + 3
    valid, best = dataset.splits["valid"], rows[trained.training.best_epoch - 1]
    assert np.mean(predict(net, valid).argmax(1) == valid.labels) == best["valid_accuracy"]


def test_outcome_says_divergence_and_the_accuracy_of_the_best_epoch():
    rows = [{"valid_accuracy": 0.5}, {"valid_accuracy": 0.25}]
    assert outcome(Training(rows, best_epoch=1)) == "valid accuracy 50.00%"
    assert outcome(Training(rows, best_epoch=2, diverged=True)) == "diverged valid accuracy 25.00%"
    assert outcome(Training(diverged=True)) == "diverged"
