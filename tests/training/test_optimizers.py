"""Optimisers, schedule, weight decay: against torch's own in plain loops, and the loss that is written down."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests import trainings
from tests.trainings import fit
from vision.data.dataset import Samples
from vision.training.optimizers import one_cycle

N, BATCH = 40, 16
SIZES = [16, 16, 8]  # of the batches: the last one is smaller


def recipe(**changes):
    return trainings.recipe(**{"lr": 0.05, "epochs": 1, "batch_size": BATCH, **changes})


def net():
    torch.manual_seed(0)
    layers = torch.nn.Linear(64, 8), torch.nn.Tanh(), torch.nn.BatchNorm1d(8), torch.nn.Linear(8, 3)
    return torch.nn.Sequential(torch.nn.Flatten(), *layers)


def linear():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))


@pytest.fixture(scope="module")
def images():
    generator = np.random.default_rng(0)
    return Samples(generator.integers(0, 256, (N, 1, 8, 8), np.uint8), np.arange(N) % 3, np.arange(N))


class Idle(torch.nn.Module):
    """Logits that no parameter changes: all gradients are exactly zero."""

    def __init__(self):
        super().__init__()
        self.weight, self.bias = torch.nn.Parameter(torch.ones(2, 5)), torch.nn.Parameter(torch.ones(5))

    def forward(self, images):
        return torch.zeros(len(images), 3) + 0 * (self.weight.sum() + self.bias.sum())


def plain_loop(images, optimizer, model, seed, epochs):
    """Each epoch: a new order, then a step for each batch; return the loss of every step."""
    generator, losses = torch.Generator().manual_seed(seed), []
    inputs, targets = torch.from_numpy(images.inputs) / 255, torch.from_numpy(images.labels)
    for _ in range(epochs):
        for chosen in torch.randperm(N, generator=generator).split(BATCH):
            loss = F.cross_entropy(model(inputs[chosen]), targets[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    return losses


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


@pytest.mark.parametrize("weight_decay", [0, 0.1])
@pytest.mark.parametrize(
    ("changes", "torchs", "options"),
    [
        ({"optimizer": "adam"}, torch.optim.Adam, {}),
        ({}, torch.optim.SGD, {}),
        ({"momentum": 0.8}, torch.optim.SGD, {"momentum": 0.8, "nesterov": True}),
    ],
    ids=["adam", "sgd", "nesterov"],
)
def test_at_a_constant_rate_the_steps_are_those_of_torchs_optimiser(images, changes, torchs, options, weight_decay):
    ours, theirs = net(), net()
    training = fit(ours, images, images, recipe(weight_decay=weight_decay, epochs=3, **changes), seed=3)
    decayed, others = [theirs[1].weight, theirs[4].weight], [theirs[1].bias, *theirs[3].parameters(), theirs[4].bias]
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": others}]
    losses = plain_loop(images, torchs(groups, lr=0.05, **options), theirs, 3, training.best_epoch)
    np.testing.assert_allclose(training.step_losses[: len(losses)], losses, rtol=1e-4)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_weights_decay_and_biases_do_not(images, optimizer):
    idle = Idle()
    fit(idle, images, images, recipe(optimizer=optimizer, weight_decay=0.1), seed=0)
    assert torch.equal(idle.bias, torch.ones(5))
    if optimizer == "sgd":
        torch.testing.assert_close(idle.weight, torch.full((2, 5), (1 - 0.05 * 0.1) ** len(SIZES)))
    else:  # whose first steps are of its rate, whatever the gradient
        torch.testing.assert_close(idle.weight, torch.full((2, 5), 1 - 0.05 * len(SIZES)), atol=1e-3, rtol=0)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_where_all_decays_biases_do_as_weights(images, optimizer):
    idle, weights_alone = Idle(), Idle()
    fit(idle, images, images, recipe(optimizer=optimizer, weight_decay=0.1, decay_all=True), seed=0)
    fit(weights_alone, images, images, recipe(optimizer=optimizer, weight_decay=0.1), seed=0)
    assert torch.equal(idle.weight, weights_alone.weight)
    torch.testing.assert_close(idle.bias, idle.weight[0])
    assert idle.bias.max() < 1
    still = Idle()
    fit(still, images, images, recipe(optimizer=optimizer, weight_decay=0, decay_all=True), seed=0)
    assert torch.equal(still.bias, torch.ones(5))


@pytest.mark.parametrize(
    ("changes", "torchs", "options"),
    [
        ({"optimizer": "adam"}, torch.optim.Adam, {}),
        ({"momentum": 0.8}, torch.optim.SGD, {"momentum": 0.8, "nesterov": True}),
    ],
    ids=["adam", "nesterov"],
)
def test_where_all_decays_the_steps_are_those_of_torchs_optimiser_on_all_parameters(images, changes, torchs, options):
    ours, theirs = net(), net()
    training = fit(ours, images, images, recipe(weight_decay=0.1, decay_all=True, epochs=3, **changes), seed=3)
    plain_loop(
        images, torchs(theirs.parameters(), lr=0.05, weight_decay=0.1, **options), theirs, 3, training.best_epoch
    )
    for mine, other in zip(
        ours.parameters(), theirs.parameters(), strict=True
    ):  # scales and shifts of a norm among them
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


def test_a_step_follows_the_gradient_of_the_loss_plus_half_lambda_times_the_squared_weights(images):
    ours, before = linear(), linear()
    fit(ours, images, images, recipe(batch_size=N, weight_decay=0.3), seed=0)
    inputs, targets = torch.from_numpy(images.inputs) / 255, torch.from_numpy(images.labels)
    loss = F.cross_entropy(before(inputs), targets) + 0.3 / 2 * (before[1].weight ** 2).sum()
    gradients = torch.autograd.grad(loss, list(before.parameters()))
    for after, start, gradient in zip(ours.parameters(), before.parameters(), gradients, strict=True):
        torch.testing.assert_close(after, start - 0.05 * gradient, rtol=1e-5, atol=1e-6)


def test_an_epochs_loss_is_the_mean_over_images_of_the_loss_of_each_step(images):
    training = fit(net(), images, images, recipe(epochs=4), seed=0)
    steps = np.reshape(training.step_losses, (4, len(SIZES)))
    means = [row["augmented_train_loss"] for row in training.curves]
    np.testing.assert_allclose(means, (steps * SIZES).sum(1) / N)
    assert not np.allclose(means, steps.mean(1), rtol=1e-4)  # an unweighted mean is another number (bug B1.1)


@pytest.mark.parametrize(("lr", "diverged"), [(1e-3, False), (1e3, True)])
def test_a_finite_loss_ten_times_that_of_a_uniform_guess_is_divergence(images, lr, diverged):
    model = linear()
    training = fit(model, images, images, recipe(lr=lr, epochs=3), seed=0)
    plain = linear()
    losses = plain_loop(images, torch.optim.SGD(plain.parameters(), lr), plain, 0, 1)
    assert np.isfinite(losses).all()
    assert (np.average(losses, weights=SIZES) > 10 * math.log(3)) == diverged == training.diverged
    assert len(training.curves) == (0 if diverged else 3)
    if diverged:  # no epoch was good, so the weights are those of the start
        assert all(torch.equal(*pair) for pair in zip(model.parameters(), linear().parameters(), strict=True))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_rate_that_overflows_is_told_as_divergence(images):
    model = net()
    options = recipe(epochs=3).model_copy(update={"lr": 1e30})  # above what the schema lets through
    training = fit(model, images, images, options, seed=0)
    assert training.diverged
    assert all(math.isfinite(value) for row in training.curves for value in row.values())
    assert all(parameter.isfinite().all() for parameter in model.parameters())
