"""The training loop of torch networks: against a plain loop with torch's optimisers, its modes, seed and precision."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests import trainings
from tests.trainings import fit, same
from vision.nets import build
from vision.nets.inference import predict
from vision.training import loop
from vision.training.loop import TorchTrainer, one_cycle

N, BATCH, RATE = 40, 16, 0.05  # of the batches the last one is smaller
MOVING = {"rotation_degrees": 10, "scale_fraction": 0.1, "shift_pixels": 1}
OPTIMIZERS = {
    "adam": ({"optimizer": "adam"}, torch.optim.Adam, {}),
    "sgd": ({}, torch.optim.SGD, {}),
    "nesterov": ({"momentum": 0.8}, torch.optim.SGD, {"momentum": 0.8, "nesterov": True}),
}


def recipe(**changes):
    return trainings.recipe(**{"lr": RATE, "epochs": 3, "batch_size": BATCH, **changes})


def dense():
    torch.manual_seed(0)
    layers = torch.nn.Linear(256, 8), torch.nn.Tanh(), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 3)
    return torch.nn.Sequential(torch.nn.Flatten(), *layers)


def convnet():
    torch.manual_seed(0)
    return build("convnet", mean=[0.5], std=[0.3], shape=[1, 16, 16], n_classes=3, dropout=0.5)


@pytest.fixture(scope="module")
def images():
    return trainings.noise(N, 1, 16, 16)


@pytest.mark.parametrize("warmup", [0.1, 0.5])
def test_one_cycle_is_torchs_schedule(warmup):
    optimizer, steps = torch.optim.SGD([torch.zeros(1)], 1), 400
    torchs = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1, steps, pct_start=warmup, cycle_momentum=False)
    for step in range(steps):
        assert one_cycle((step + 0.5) / steps, warmup) == pytest.approx(torchs.get_last_lr()[0], abs=0.02)
        optimizer.step()
        torchs.step()
    assert (one_cycle(0, warmup), one_cycle(warmup, warmup)) == pytest.approx((1 / 25, 1))
    assert one_cycle(1, warmup) == pytest.approx(0)


@pytest.mark.parametrize(("schedule", "passes"), [("constant", 1), ("one_cycle", 3)])
@pytest.mark.parametrize("decay_all", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_takes_the_steps_of_a_plain_loop(images, name, decay_all, schedule, passes):
    """Weights decay, and biases and norms only with decay_all (bugs B3.9, B3.11)."""
    net, plain, (changes, torchs, arguments) = dense(), dense(), OPTIMIZERS[name]
    options = recipe(weight_decay=0.1, decay_all=decay_all, schedule=schedule, **changes)
    training = fit(net, images, images, options, seed=7, passes=passes)

    weights, others = [plain[1].weight, plain[4].weight], [plain[1].bias, *plain[3].parameters(), plain[4].bias]
    groups = [{"params": weights, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.1 * decay_all}]
    optimizer, generator = torchs(groups, lr=RATE, **arguments), torch.Generator().manual_seed(7)
    inputs, targets = torch.from_numpy(images.inputs) / 255, torch.from_numpy(images.labels)
    states, step_losses = [], []
    for row in training.curves:
        batches = torch.cat([torch.randperm(N, generator=generator) for _ in range(passes)]).split(BATCH)
        losses, right = [], []
        for step, chosen in enumerate(batches):
            if schedule == "one_cycle":
                for group in optimizer.param_groups:
                    group["lr"] = RATE * one_cycle((row["epoch"] - 1 + (step + 0.5) / len(batches)) / 3, 0.25)
            optimizer.zero_grad()
            logits = plain(inputs[chosen])
            loss = F.cross_entropy(logits, targets[chosen], reduction="none")
            loss.mean().backward()
            optimizer.step()
            step_losses.append(loss.mean().item())
            losses += loss.tolist()
            right += (logits.argmax(1) == targets[chosen]).tolist()
        # A mean over samples, as the last batch is smaller (bug B1.1).
        assert row["augmented_train_loss"] == pytest.approx(np.mean(losses), rel=1e-4)
        assert row["augmented_train_accuracy"] == pytest.approx(np.mean(right))
        valid_loss = F.cross_entropy(plain.eval()(inputs), targets).item()
        assert row["valid_loss"] == pytest.approx(valid_loss, rel=1e-4)
        states.append(copy.deepcopy(plain.train().state_dict()))
    assert training.step_losses == pytest.approx(step_losses, rel=1e-4)
    best = states[training.best_epoch - 1]
    for key, value in net.state_dict().items():
        torch.testing.assert_close(value, best[key], rtol=1e-4, atol=1e-5)


def test_first_epochs_take_and_score_images_of_half_the_size_and_are_not_kept(images):
    sizes, options = [], recipe(epochs=3, half_size_epochs=2)
    net = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(4), torch.nn.Flatten(), torch.nn.Linear(16, 3))
    net.register_forward_pre_hook(lambda net, inputs: sizes.append(inputs[0]))
    plain, training = copy.deepcopy(net), fit(net, images, images, options, seed=7)
    assert [one.shape[2:] for one in sizes] == [(8, 8)] * 8 + [(16, 16)] * 4
    assert training.best_epoch == 3

    chosen = torch.randperm(N, generator=torch.Generator().manual_seed(7))[:BATCH]
    inputs = torch.from_numpy(images.inputs[chosen.numpy()]).float() / 255
    halves = inputs.unflatten(3, (8, 2)).unflatten(2, (8, 2)).mean((3, 5))
    torch.testing.assert_close(sizes[0], halves)
    loss = F.cross_entropy(plain(halves), torch.from_numpy(images.labels)[chosen])
    assert training.step_losses[0] == pytest.approx(loss.item())


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_seed_decides_every_bit_of_a_training(images, precision):
    def run(seed):
        net, options = convnet(), recipe(epochs=1, **MOVING, precision=precision)
        return fit(net, images, images[:8], options, seed=seed), net.state_dict()

    (training, weights), (again, same_weights), (_, other_weights) = run(0), run(0), run(1)
    assert training == again
    assert same(weights, same_weights)
    assert not same(weights, other_weights)


def test_the_curves_are_computed_at_the_recipes_precision_where_the_hardware_has_it(images, monkeypatch):
    for precision, hardware in (("float32", True), ("bfloat16", True), ("bfloat16", False)):
        monkeypatch.setattr(loop, "has_bfloat16", lambda device, hardware=hardware: hardware)
        net, rounds = convnet(), precision == "bfloat16" and hardware
        found = TorchTrainer(net, images, recipe(precision=precision), seed=0).logits(images)
        assert found.dtype == np.float32
        assert np.array_equal(found, torch.from_numpy(found).bfloat16().float().numpy()) == rounds
        assert np.array_equal(found, predict(net, images)) == (not rounds)
