"""Training and running: the schedule against torch's, a whole training against a plain loop."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vision.data.dataset import Images
from vision.nets import build
from vision.pipeline.schema import PLAIN, Recipe
from vision.training import fit, in_batches, one_cycle, predict

SHAKEN = {"rotation_degrees": 10, "scale_fraction": 0.1, "shift_pixels": 1}
SGD = {"schedule": "one_cycle", "lr": 0.05, "epochs": 4, "batch_size": 16, "momentum": 0.9, "weight_decay": 0.01}


def recipe(**changes):
    return Recipe(**{**PLAIN, **SGD, **changes})


def linear():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(256, 2))


def convnet():
    torch.manual_seed(0)
    return build("convnet", mean=[0.5], std=[0.3], image_pixels=16, n_classes=2, dropout=0.5)


@pytest.fixture(scope="module")
def images():
    """Noise that is brighter in the left half for class 0 and in the right half for class 1."""
    generator, labels = np.random.default_rng(0), np.arange(72) % 2
    pixels = generator.integers(0, 200, (72, 1, 16, 16))
    pixels[labels == 0, :, :, :8] += 50
    pixels[labels == 1, :, :, 8:] += 50
    return Images(pixels.astype(np.uint8), labels, np.arange(72))


def same(first, second):
    return all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.mark.parametrize("warmup", [0.1, 0.25, 0.5])
def test_schedule_is_torchs_one_cycle(warmup):
    optimizer, steps = torch.optim.SGD([torch.zeros(1)], 1), 1000
    torchs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1, steps, pct_start=warmup, cycle_momentum=False)
    for step in range(steps):
        assert one_cycle((step + 0.5) / steps, warmup) == pytest.approx(torchs.get_last_lr()[0], abs=0.01)
        optimizer.step()
        torchs.step()
    assert (one_cycle(0, warmup), one_cycle(warmup, warmup)) == pytest.approx((1 / 25, 1))
    assert one_cycle(1, warmup) == pytest.approx(0)


@pytest.mark.parametrize("passes", [1, 3])
def test_fit_takes_the_steps_of_a_plain_loop(images, passes):
    options, net = recipe(epochs=2), linear()
    training = fit(net, images, images, options, seed=7, passes=passes)
    assert training.best_epoch == 2

    plain, generator = linear(), torch.Generator().manual_seed(7)
    groups = [{"params": [plain[1].weight], "weight_decay": 0.01}, {"params": [plain[1].bias]}]
    optimizer = torch.optim.SGD(groups, lr=1, momentum=0.9, nesterov=True)
    inputs, targets = torch.from_numpy(images.images) / 255, torch.from_numpy(images.labels)
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
    against = Images(images.images, 1 - images.labels, images.indices)  # what is learned makes it worse
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


def test_predictions_are_those_of_all_images_at_once_in_evaluation_mode():
    net, pixels = convnet().train(), np.random.default_rng(0).integers(0, 256, (600, 1, 16, 16), np.uint8)
    found = predict(net, pixels)
    with torch.no_grad():
        expected = net.eval()(torch.from_numpy(pixels) / 255)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


def test_batches_keep_the_order_of_images():
    pixels = np.random.default_rng(0).integers(0, 256, (777, 2, 3, 3), np.uint8)
    np.testing.assert_array_equal(in_batches(lambda batch: batch * 255, pixels, torch.device("cpu")).round(), pixels)
