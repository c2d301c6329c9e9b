"""Fine-tuning: the cycle against torch's and fastai's numbers, what each phase changes, and what is kept."""

from itertools import pairwise

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.trainings import PLAIN, same
from vision.data.dataset import Dataset, Samples
from vision.data.statistics import channel_statistics
from vision.nets import SavedNet, build
from vision.nets.inference import predict
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import Options, Recipe
from vision.pipeline.schema.transfer import FineTuned
from vision.training.history import Training
from vision.transfer import finetuning
from vision.transfer.finetuning import HEADS, OneCycleLearner, cycle, finetune, joined, with_trunk

N, BATCH = 40, 16
STEPS = 3  # of an epoch
DATA = {"mean": [0.5, 0.4, 0.3], "std": [0.3, 0.2, 0.2], "shape": [3, 32, 32], "n_classes": 10, "head": "linear"}
ENTRY = {
    "role": "handwriting", "inputs": "handwriting", "trunk": "resnet18", "net": "resnet18",
    "hyper": {"head": "concat_pool"}, "batch_size": BATCH, "weight_decay": 0.01, "warmup_fraction": 0.3,
    "norms_learn": True, "frozen": {"epochs": 1, "lr": [0.003]}, "whole": {"epochs": 1, "lr": [1e-5, 1e-4, 1e-3]},
}  # fmt: skip
GROUPS = [("conv1", "bn1", "layer1", "layer2"), ("layer3", "layer4"), ("fc",)]
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
NOTHING = 1e-30  # a rate that moves no number


@pytest.fixture(scope="module")
def dataset():
    """Grey images whose left or right half is brighter; without a test split, which no training reads."""
    generator, labels = np.random.default_rng(0), np.arange(N + 20) % 2
    halves = np.arange(32) // 16 == labels[:, None, None, None]
    pixels = generator.integers(0, 150, (N + 20, 1, 32, 32)) + 50 * halves
    images = Samples(pixels.astype(np.uint8), labels, np.arange(N + 20))
    return Dataset({"train": images[:N], "valid": images[N:]}, ["left", "right"], *channel_statistics(images.inputs))


def learned_elsewhere():
    """A network of colour images, with statistics of some training."""
    torch.manual_seed(1)
    net = build("resnet18", **DATA)
    net(torch.rand(8, 3, 32, 32))
    return SavedNet(net.eval(), DATA, {})


@pytest.fixture(scope="module")
def trunk():
    return learned_elsewhere()


def tuned(trunk, dataset, seed=0, defaults=None, **changes):
    """What fine-tuning gives, the rows that it told, and the network's state at each of them."""
    built, rows, states = [], [], []

    def keep(row):
        rows.append(row)
        states.append({name: value.clone() for name, value in built[0].state_dict().items()})

    def spy(name, **hyper):
        built.append(build(name, **hyper))
        return built[-1]

    entry, options = FineTuned(**{**ENTRY, **changes}), Options(**{**PLAIN, **(defaults or {})})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetuning, "build", spy)
        trained, rates = finetune(entry, trunk, dataset, options, seed=seed, device="cpu", on_epoch=keep)
    return trained, rates, rows, states


@pytest.fixture(scope="module")
def plain(trunk, dataset):
    return tuned(trunk, dataset)


def differing(first, second):
    return {name for name, value in first.items() if not torch.equal(value, second[name])}


def of_head(names):
    return {name for name in names if name.startswith("fc")}


@pytest.mark.parametrize("warmup", [0.1, 0.3, 0.5])
def test_the_cycle_is_that_of_fastai(warmup):
    assert cycle(0, warmup) == pytest.approx((1 / 25, 0.95))
    assert cycle(warmup / 2, warmup) == pytest.approx(((1 + 1 / 25) / 2, 0.9))
    assert cycle(warmup, warmup) == pytest.approx((1, 0.85))
    assert cycle((1 + warmup) / 2, warmup) == pytest.approx(((1 + 1 / 250_000) / 2, 0.9))
    assert cycle(1, warmup) == pytest.approx((1 / 250_000, 0.95))


@pytest.mark.parametrize("warmup", [0.1, 0.3, 0.5])
def test_the_cycle_is_torchs_with_fastais_numbers(warmup):
    optimizer, steps = torch.optim.AdamW([torch.zeros(1)], 1), 1000
    torchs = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        1,
        steps,
        pct_start=warmup,
        div_factor=25,
        final_div_factor=1e4,
        base_momentum=0.85,
        max_momentum=0.95,
    )
    for step in range(steps):
        group = optimizer.param_groups[0]
        assert cycle((step + 0.5) / steps, warmup) == pytest.approx((group["lr"], group["betas"][0]), abs=0.01)
        optimizer.step()
        torchs.step()


@pytest.mark.parametrize("warmup", [0.01, 0.3, 0.99])
def test_the_rate_goes_up_and_then_down_and_the_beta_the_other_way(warmup):
    shares = np.linspace(0, 1, 301)
    found = [cycle(share, warmup) for share in shares]
    for (before, after), ((rate, beta), (next_rate, next_beta)) in zip(pairwise(shares), pairwise(found), strict=True):
        if after <= warmup:
            assert next_rate > rate and next_beta < beta  # noqa: PT018
        elif before >= warmup:
            assert next_rate < rate and next_beta > beta  # noqa: PT018
    assert all(1 / 250_000 <= rate <= 1 and 0.85 - 1e-12 <= beta <= 0.95 + 1e-12 for rate, beta in found)


def test_a_learner_takes_adams_steps_with_decoupled_decay_of_everything_at_each_groups_rate(dataset):
    def net():
        torch.manual_seed(0)
        layers = torch.nn.Linear(32 * 32, 6), torch.nn.Tanh(), torch.nn.BatchNorm1d(6), torch.nn.Linear(6, 2)
        return torch.nn.Sequential(torch.nn.Flatten(), *layers)

    changes = {"optimizer": "adam", "schedule": "one_cycle", "weight_decay": 0.3}
    recipe = Recipe(**PLAIN | changes, lr=0.01, epochs=2, batch_size=BATCH)
    ours, plain, train = net(), net(), dataset.splits["train"]
    parts = [[*ours[:3].parameters()], [*ours[3:].parameters()]]
    learner = OneCycleLearner(ours, parts, [0.001, 0.01], train, recipe, 7)
    for epoch in (1, 2):
        learner.learn_epoch(epoch)

    groups = [{"params": part.parameters(), "lr": rate} for part, rate in ((plain[:3], 0.001), (plain[3:], 0.01))]
    optimizer, generator = torch.optim.AdamW(groups, weight_decay=0.3), torch.Generator().manual_seed(7)
    inputs, labels = torch.from_numpy(train.inputs) / 255, torch.from_numpy(train.labels)
    batches = [batch for _ in range(2) for batch in torch.randperm(N, generator=generator).split(BATCH)]
    for step, chosen in enumerate(batches):
        factor, beta = cycle((step + 0.5) / len(batches), 0.25)
        for group, rate in zip(optimizer.param_groups, (0.001, 0.01), strict=True):
            group["lr"], group["betas"] = rate * factor, (beta, 0.99)
            assert learner.rates[step][int(rate == 0.01)] == pytest.approx(rate * factor)
        optimizer.zero_grad()
        F.cross_entropy(plain(inputs[chosen]), labels[chosen]).backward()
        optimizer.step()
    for name, expected in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("head", ["linear", "concat_pool"])
def test_a_trunk_is_copied_without_its_head(trunk, head):
    torch.manual_seed(2)
    net = build("resnet18", **{**DATA, "n_classes": 2, "head": head})
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with_trunk(net, trunk, HEADS["resnet18"])
    after, learned = net.state_dict(), trunk.net.state_dict()
    assert of_head(before) == differing_heads(before, learned)
    for name, value in after.items():
        assert torch.equal(value, before[name] if name in of_head(after) else learned[name])
    net.conv1.weight.data.zero_()
    assert trunk.net.conv1.weight.any()  # a copy


def differing_heads(net, learned):
    """What is not in both with one shape."""
    return {name for name, value in net.items() if name not in learned or value.shape != learned[name].shape}


@pytest.mark.parametrize(
    "kind",
    ["mlp", "part"],
)
def test_another_kind_of_network_is_no_trunk(trunk, kind):
    about = {name: DATA[name] for name in ("mean", "std", "shape", "n_classes")}
    others = {
        "mlp": lambda: build("mlp", **about, hidden=[3], activation="tanh"),
        "part": lambda: torch.nn.Sequential(),
    }
    net = build("resnet18", **DATA)
    with pytest.raises(UserError) as caught:
        with_trunk(net, SavedNet(others[kind](), {}, {}), HEADS["resnet18"])
    assert str(caught.value) == "the trunk's weights are not those of such a network; run `dvc repro` to make them anew"


def test_nothing_of_the_trunk_changes_while_the_head_learns_alone(trunk, dataset):
    *_, states = tuned(trunk, dataset, frozen={"epochs": 2, "lr": [0.003]})
    learned = trunk.net.state_dict()
    assert len(states) == 3
    for state in states[:2]:
        assert all(torch.equal(value, learned[name]) for name, value in state.items() if not name.startswith("fc"))
    changed = differing(*states[:2])
    assert changed == of_head(states[0])  # its statistics too
    assert differing(*states[1:]) > changed


def test_the_trunk_that_was_given_stays_what_it_was(trunk, plain):
    assert plain
    assert same(trunk.net.state_dict(), learned_elsewhere().net.state_dict())


@pytest.mark.parametrize("norms_learn", [True, False])
def test_once_the_trunk_learns_its_norms_count_if_they_are_told_to(trunk, dataset, plain, norms_learn):
    *_, (frozen, whole) = plain if norms_learn else tuned(trunk, dataset, norms_learn=False)
    still = {name for name in whole if name not in differing(frozen, whole)}
    statistics = {name for name in whole if name.endswith(STATISTICS)}
    fixed = {"standardise.mean", "standardise.std"}
    assert still == (fixed if norms_learn else fixed | statistics - of_head(statistics))
    assert len(statistics - of_head(statistics)) == 3 * 20


@pytest.mark.parametrize("moving", [0, 1, 2], ids=["early", "late", "head"])
def test_each_group_of_layers_learns_at_its_own_rate(trunk, dataset, moving):
    rates = [1e-3 if number == moving else NOTHING for number in range(3)]
    *_, (frozen, whole) = tuned(trunk, dataset, whole={"epochs": 1, "lr": rates})
    parameters = {name for name in whole if not name.endswith(STATISTICS)}
    changed = {name for name in parameters if (whole[name] - frozen[name]).abs().max() > 1e-6}
    assert changed == {name for name in parameters if name.startswith(GROUPS[moving])}


def test_the_rates_of_every_step_are_kept_0_for_what_is_frozen(trunk, dataset):
    peaks = [1e-6, 1e-5, 1e-4]
    trained, rates, *_ = tuned(
        trunk, dataset, frozen={"epochs": 2, "lr": [0.003]}, whole={"epochs": 1, "lr": peaks}, warmup_fraction=0.4
    )
    assert (rates.shape, rates.dtype) == ((3 * STEPS, 3), np.float32)
    assert len(trained.training.step_losses) == len(rates)
    assert not rates[: 2 * STEPS, :2].any()
    of_head = [0.003 * cycle((step + 0.5) / (2 * STEPS), 0.4)[0] for step in range(2 * STEPS)]
    np.testing.assert_allclose(rates[: 2 * STEPS, 2], of_head, rtol=1e-6)
    factors = np.array([cycle((step + 0.5) / STEPS, 0.4)[0] for step in range(STEPS)])
    np.testing.assert_allclose(rates[2 * STEPS :], factors[:, None] * peaks, rtol=1e-6)


@pytest.mark.parametrize(
    ("frozen", "whole", "phase"),
    [(1e-4, [1e-3, 1e-3, 1e-3], 2), (0.003, [0.01, 0.01, 0.01], 1)],
    ids=["the last is better", "the last is worse"],
)
def test_epochs_count_on_and_the_best_of_both_phases_is_kept(trunk, dataset, frozen, whole, phase):
    phases = {"frozen": {"epochs": 2, "lr": [frozen]}, "whole": {"epochs": 2, "lr": whole}}
    trained, _, rows, states = tuned(trunk, dataset, **phases)
    assert len(rows) > 2  # the second phase did not diverge at once
    training = trained.training
    assert rows == training.curves
    assert [row["epoch"] for row in rows] == list(range(1, len(rows) + 1))
    losses = [row["valid_loss"] for row in rows]
    assert training.best_epoch == np.argmin(losses) + 1
    assert (training.best_epoch > 2) == (phase == 2)
    assert same(trained.weights, states[training.best_epoch - 1])

    # What is saved is rebuilt from its hyper-parameters: the images' shape and classes, the trunk's statistics.
    assert trained.hyper == {**DATA, "shape": [1, 32, 32], "n_classes": 2, "head": "concat_pool"}
    net, valid = build("resnet18", **trained.hyper), dataset.splits["valid"]
    net.load_state_dict(trained.weights)
    accuracy = (predict(net, valid).argmax(1) == valid.labels).mean()
    assert accuracy == rows[training.best_epoch - 1]["valid_accuracy"]


def test_fine_tuning_learns(plain):
    training = plain[0].training
    assert training.curves[training.best_epoch - 1]["valid_accuracy"] > 0.8
    assert not training.diverged


def test_the_seed_decides_every_bit_whatever_ran_before(trunk, dataset, plain):
    first, rates, rows, _ = plain
    torch.rand(17)
    again, same_rates, same_rows, _ = tuned(trunk, dataset)
    other, *_ = tuned(trunk, dataset, seed=1)
    assert same(first.weights, again.weights)
    assert (first.training, rows) == (again.training, same_rows)
    np.testing.assert_array_equal(rates, same_rates)
    assert not same(first.weights, other.weights)


@pytest.mark.parametrize(
    "augmentation",
    [
        {"horizontal_flip": True},
        {"shift_pixels": 2},
    ],
    ids=str,
)
def test_images_are_augmented_once_the_trunk_learns_and_not_before(trunk, dataset, plain, augmentation):
    """What the frozen trunk gives is computed once, of the images as they are."""
    found, expected = tuned(trunk, dataset, defaults=augmentation)[0].training, plain[0].training
    assert found.curves[0] == expected.curves[0]
    assert found.step_losses[:STEPS] == expected.step_losses[:STEPS]
    assert found.step_losses[STEPS] != expected.step_losses[STEPS]


def few(images):
    """Black images in a dataset of their own."""
    samples = Samples(np.zeros((images, 1, 32, 32), np.uint8), np.arange(images) % 2, np.arange(images))
    return Dataset({"train": samples, "valid": samples[:2]}, ["0", "1"], np.zeros(1), np.ones(1))


@pytest.mark.parametrize(
    ("images", "batch", "told"),
    [
        (33, 16, "batch_size is 16: it leaves one of 33 images for a last batch; choose another"),
        (1025, 1024, "batch_size is 1024: it leaves one of 1,025 images for a last batch; choose another"),
        (1, 16, "batch_size is 16: it leaves one of 1 images for a last batch; choose another"),
    ],
)
def test_a_last_batch_of_one_image_is_the_users_error_before_work_starts(trunk, images, batch, told):
    with pytest.raises(UserError) as caught:
        tuned(trunk, few(images), batch_size=batch)
    assert str(caught.value) == told


@pytest.mark.parametrize("phase", ["frozen", "whole"])
def test_of_a_phase_that_diverges_no_step_is_kept(trunk, dataset, phase):
    rates = {"frozen": [1000], "whole": [1000, 1000, 1000]}[phase]
    trained, steps, _, states = tuned(trunk, dataset, **{phase: {"epochs": 1, "lr": rates}})
    training = trained.training
    assert training.diverged
    assert [row["epoch"] for row in training.curves] == [1]
    assert len(training.step_losses) == len(steps) == STEPS
    assert training.best_epoch == 1
    assert same(trained.weights, states[0])


def training(*losses, diverged=False):
    """One step an epoch, whose validation losses are given."""
    curves = [{"epoch": number, "valid_loss": loss, "other": -number} for number, loss in enumerate(losses, 1)]
    best = int(np.argmin(losses)) + 1 if losses else 0
    return Training(curves, [10 * loss for loss in losses], best, diverged)


@pytest.mark.parametrize(
    ("first", "second", "best"),
    [
        ([0.5, 0.4], [0.3, 0.2, 0.25], 4),
        ([0.5, 0.2], [0.3, 0.25], 2),
        ([0.2, 0.3], [0.25], 1),
        ([0.5, 0.2], [0.2], 2),  # of two that are as good, the first, as in one training
        ([], [0.3, 0.2], 2),
        ([0.3], [], 1),
        ([], [], 0),
    ],
    ids=str,
)
@pytest.mark.parametrize("diverged", [(False, False), (True, False), (False, True), (True, True)], ids=str)
def test_two_trainings_are_one_after_the_other(first, second, best, diverged):
    parts = training(*first, diverged=diverged[0]), training(*second, diverged=diverged[1])
    whole = joined(*parts)
    expected = training(*first, *second)
    assert [(row["epoch"], row["valid_loss"]) for row in whole.curves] == [
        (row["epoch"], row["valid_loss"]) for row in expected.curves
    ]
    assert [row["other"] for row in whole.curves] == [row["other"] for part in parts for row in part.curves]
    assert whole.step_losses == expected.step_losses
    assert (whole.best_epoch, whole.diverged) == (best, any(diverged))
    assert parts == (
        training(*first, diverged=diverged[0]),
        training(*second, diverged=diverged[1]),
    )  # left as they were
