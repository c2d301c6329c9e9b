"""Training torch networks: a whole training against a plain loop, its modes, its seed, its precision."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests import trainings
from tests.trainings import fit, same
from vision.data.dataset import Samples
from vision.nets import build
from vision.nets.inference import predict
from vision.training import loop
from vision.training.loop import TorchLearner
from vision.training.optimizers import one_cycle

SHAKEN = {"rotation_degrees": 10, "scale_fraction": 0.1, "shift_pixels": 1}
SGD = {"schedule": "one_cycle", "lr": 0.05, "epochs": 4, "batch_size": 16, "momentum": 0.9, "weight_decay": 0.01}


def recipe(**changes):
    return trainings.recipe(**{**SGD, **changes})


def linear():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 2))


def convnet():
    torch.manual_seed(0)
    return build("convnet", mean=[0.5], std=[0.3], shape=[1, 16, 16], n_classes=2, dropout=0.5)


@pytest.fixture(scope="module")
def images():
    """Noise that is brighter in the left half for class 0 and in the right half for class 1."""
    generator, labels = np.random.default_rng(0), np.arange(72) % 2
    pixels = generator.integers(0, 200, (72, 1, 16, 16))
    pixels[labels == 0, :, :, :8] += 50
    pixels[labels == 1, :, :, 8:] += 50
    return Samples(pixels.astype(np.uint8), labels, np.arange(72))


@pytest.mark.parametrize("passes", [1, 3])
def test_a_training_takes_the_steps_of_a_plain_loop(images, passes):
    options, net = recipe(epochs=2), linear()
    training = fit(net, images, images, options, seed=7, passes=passes)
    assert training.best_epoch == 2

    plain, generator = linear(), torch.Generator().manual_seed(7)
    groups = [{"params": [plain[1].weight], "weight_decay": 0.01}, {"params": [plain[1].bias]}]
    optimizer = torch.optim.SGD(groups, lr=1, momentum=0.9, nesterov=True)
    inputs, targets = torch.from_numpy(images.inputs) / 255, torch.from_numpy(images.labels)
    for row in training.curves:
        order = torch.cat([torch.randperm(72, generator=generator) for _ in range(passes)])
        losses, n_steps = [], math.ceil(72 * passes / 16)
        for step in range(n_steps):
            chosen = order[16 * step : 16 * step + 16]
            for group in groups:
                group["lr"] = 0.05 * one_cycle((row["epoch"] - 1 + (step + 0.5) / n_steps) / 2, 0.25)
            optimizer.zero_grad()
            loss = F.cross_entropy(plain(inputs[chosen]), targets[chosen], reduction="none")
            loss.mean().backward()
            optimizer.step()
            losses += loss.tolist()
        assert row["augmented_train_loss"] == pytest.approx(np.mean(losses), rel=1e-5)
        assert row["valid_loss"] == pytest.approx(F.cross_entropy(plain(inputs), targets).item(), rel=1e-5)
    for ours, theirs in zip(net.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_training_learns_and_tells_each_epoch(images):
    net, rows = convnet(), []
    training = fit(net, images, images, recipe(**SHAKEN), seed=0, on_epoch=rows.append, show_progress=False)
    assert rows == training.curves
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4]
    assert rows[-1]["valid_loss"] < 0.5 * rows[0]["augmented_train_loss"]
    assert rows[-1]["valid_accuracy"] > 0.9
    assert not net.training


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_seed_decides_every_bit_of_a_training(images, precision):
    def run(seed):
        net = convnet()
        return fit(net, images, images, recipe(epochs=1, **SHAKEN, precision=precision), seed=seed), net.state_dict()

    (training, weights), (again, same_weights), (_, other_weights) = run(0), run(0), run(1)
    assert training == again
    assert same(weights, same_weights)
    assert not same(weights, other_weights)


def test_each_epoch_steps_in_training_mode_and_judges_in_evaluation_mode(images):
    net, modes = linear(), []
    net.register_forward_pre_hook(lambda module, inputs: modes.append(module.training))
    fit(net, images, images[:10], recipe(epochs=3), seed=0)
    assert modes == 3 * [*[True] * math.ceil(72 / 16), False]


def test_the_weights_kept_are_those_of_the_lowest_validation_loss(images):
    against = Samples(images.inputs, 1 - images.labels, images.indices)  # what is learned makes it worse
    net, snapshots = convnet(), []
    training = fit(
        net, images, against, recipe(), seed=0, on_epoch=lambda row: snapshots.append(copy.deepcopy(net.state_dict()))
    )
    losses = [row["valid_loss"] for row in training.curves]
    assert training.best_epoch == np.argmin(losses) + 1 < len(losses) == 4
    assert same(net.state_dict(), snapshots[training.best_epoch - 1])
    assert net.training is False


@pytest.mark.parametrize("finite_epochs", [0, 2])
def test_a_training_that_diverges_stops_and_keeps_its_last_good_weights(images, finite_epochs):
    net, calls, snapshots = linear(), itertools.count(), [copy.deepcopy(linear().state_dict())]
    steps = math.ceil(72 / 16) + 1  # and the validation
    net.register_forward_hook(lambda *args: args[-1] * (math.nan if next(calls) >= finite_epochs * steps else 1))
    training = fit(
        net, images, images, recipe(), seed=0, on_epoch=lambda row: snapshots.append(copy.deepcopy(net.state_dict()))
    )
    assert training.diverged
    assert len(training.curves) == finite_epochs == training.best_epoch
    assert same(net.state_dict(), snapshots[-1])


def test_a_network_learns_from_features(images):
    rows = np.random.default_rng(1).normal(size=(72, 5)).astype(np.float32) * 100
    rows[:, 3] += 600 * images.labels
    features = Samples(rows, images.labels, images.indices)
    mean, std = rows.mean(0).tolist(), rows.std(0).tolist()
    net = build("mlp", mean=mean, std=std, shape=[5], n_classes=2, hidden=[8], activation="relu")
    training = fit(net, features, features, recipe(epochs=8), seed=0)
    assert training.curves[-1]["valid_accuracy"] > 0.9


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_curves_are_computed_at_the_recipes_precision(images, precision, monkeypatch):
    monkeypatch.setattr(loop, "has_bfloat16", lambda device: True)
    net = convnet()
    found = TorchLearner(net, images, recipe(precision=precision), seed=0).logits(images)
    assert found.dtype == np.float32
    rounded = torch.from_numpy(found).bfloat16().float().numpy()
    assert np.array_equal(found, rounded) == (precision == "bfloat16")
    assert np.array_equal(found, predict(net, images)) == (precision == "float32")


def test_where_bfloat16_would_be_emulated_float32_takes_its_place(images, monkeypatch):
    monkeypatch.setattr(loop, "has_bfloat16", lambda device: False)
    net = convnet()
    found = TorchLearner(net, images, recipe(precision="bfloat16"), seed=0).logits(images)
    np.testing.assert_array_equal(found, predict(net, images))


def test_a_state_is_a_copy_that_can_be_put_back(images):
    net = linear()
    learner = TorchLearner(net, images, recipe(), seed=0)
    state, before = learner.state(), copy.deepcopy(net.state_dict())
    learner.learn_epoch(1)
    assert same(state, before)
    assert not same(net.state_dict(), before)
    learner.restore(state)
    assert same(net.state_dict(), before)
    assert not net.training
