"""Fine-tuning of ResNet-18 and VGG16, with few channels: the cycle, what each phase changes, what is kept."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.trainings import PLAIN, same
from vision.data.dataset import Dataset, Samples
from vision.data.statistics import channel_statistics
from vision.nets import SavedNet, build, resnet18, vgg16
from vision.nets.inference import predict
from vision.pipeline.schema.models import FineTuned, Options, Recipe
from vision.studies import finetuning
from vision.studies.finetuning import BETAS, RATES, OneCycleTrainer, finetune
from vision.training.loop import one_cycle

N, BATCH, PIXELS = 40, 16, 16
STEPS = 3  # of an epoch
DATA = {"mean": [0.5, 0.4, 0.3], "std": [0.3, 0.2, 0.2], "shape": [3, PIXELS, PIXELS], "n_classes": 10}
ENTRY = {
    "role": "handwriting", "inputs": "handwriting", "batch_size": BATCH, "weight_decay": 0.01, "warmup_fraction": 0.3,
    "update_batchnorm": True, "frozen": {"epochs": 1, "lr": [0.003]},
    "unfrozen": {"epochs": 1, "lr": [1e-5, 1e-4, 1e-3]},
}  # fmt: skip
# Of backbones by name: the network, its hyper-parameters, and those with the new head.
KINDS = {
    "resnet18": ("resnet18", {"head": "linear"}, {"head": "concat_pool"}),
    "vgg16": ("vgg16", {"norms": False, "head": "linear", "dense_units": 0},
              {"norms": False, "head": "linear", "dense_units": 0}),
    "vgg16_bn": ("vgg16", {"norms": True, "head": "linear", "dense_units": 0},
                 {"norms": True, "head": "dense", "dense_units": 16}),
}  # fmt: skip
# Prefixes of parameters: early layers, late layers, the head; fastai cuts ResNet after layer2 and VGG after block 3.
GROUPS = {
    "resnet18": [("conv1", "bn1", "layer1", "layer2"), ("layer3", "layer4"), ("fc",)],
    "vgg16_bn": [
        tuple(f"features.{n}." for n in range(24)), tuple(f"features.{n}." for n in range(24, 44)), ("classifier",)
    ],
}  # fmt: skip
OF_HEAD = ("fc", "classifier")
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
NOTHING = 1e-30  # a rate that moves no number


@pytest.fixture(scope="module", autouse=True)
def narrow():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(resnet18, "STAGES", {"layer1": 64, "layer2": 16, "layer3": 24, "layer4": 32})
        patch.setattr(resnet18, "HEAD_UNITS", 32)
        patch.setattr(vgg16, "BLOCKS", ((2, 8), (2, 8), (3, 12), (3, 16), (3, 24)))
        yield


@pytest.fixture(scope="module")
def dataset():
    """Grey images whose left or right half is brighter; without a test split, which no training reads."""
    generator, labels = np.random.default_rng(0), np.arange(N + 20) % 2
    halves = np.arange(PIXELS) // (PIXELS // 2) == labels[:, None, None, None]
    pixels = generator.integers(0, 150, (N + 20, 1, PIXELS, PIXELS)) + 100 * halves
    images = Samples(pixels.astype(np.uint8), labels, np.arange(N + 20))
    return Dataset({"train": images[:N], "valid": images[N:]}, ["left", "right"], *channel_statistics(images.inputs))


def pretrained(kind):
    """A network of colour images, with statistics of some training."""
    torch.manual_seed(1)
    name, hyper, _ = KINDS[kind]
    net = build(name, **DATA, **hyper)
    net(torch.rand(8, 3, PIXELS, PIXELS))
    return SavedNet(net.eval(), {**DATA, **hyper}, {})


def tuned(dataset, kind="resnet18", seed=0, defaults=None, **changes):
    """What fine-tuning gives, the rows that it reported, and the network's state at each of them."""
    built, rows, states = [], [], []

    def keep(row):
        rows.append(row)
        states.append({name: value.clone() for name, value in built[0].state_dict().items()})

    def spy(name, **hyper):
        built.append(build(name, **hyper))
        return built[-1]

    name, _, hyper = KINDS[kind]
    entry = FineTuned(**{**ENTRY, "backbone": name, "net": name, "hyper": hyper, **changes})
    options, backbone = Options(**{**PLAIN, **(defaults or {})}), pretrained(kind)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(finetuning, "build", spy)
        trained, rates = finetune(entry, backbone, dataset, options, seed=seed, device="cpu", on_epoch=keep)
    assert same(backbone.net.state_dict(), pretrained(kind).net.state_dict())  # not modified
    return trained, rates, rows, states


@pytest.fixture(scope="module")
def plain(dataset):
    """A fine-tuning with the settings above."""
    return tuned(dataset)


def cycle(progress, warmup):
    return tuple(one_cycle(progress, warmup, values) for values in (RATES, BETAS))


def test_cycle_matches_torch_one_cycle_with_fastais_numbers():
    steps, warmup = 100, 0.3
    optimizer, betas = torch.optim.AdamW([torch.zeros(1)], 1), {"base_momentum": 0.85, "max_momentum": 0.95}
    scheduler = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 1, steps, pct_start=warmup, div_factor=25, final_div_factor=1e4, **betas
    )
    peak, last = warmup * steps - 1, steps - 1
    for step in range(steps):
        down = warmup + (1 - warmup) * (step - peak) / (last - peak)
        group, progress = optimizer.param_groups[0], warmup * step / peak if step < peak else down
        assert cycle(progress, warmup) == pytest.approx((group["lr"], group["betas"][0]), rel=1e-9)
        optimizer.step()
        scheduler.step()


def test_without_frozen_epochs_the_cycle_of_all_layers_alone_is_trained(dataset):
    _, rates, rows, _ = tuned(dataset, frozen={"epochs": 0, "lr": [0.003]})
    assert len(rows) == 1
    assert rates.shape == (STEPS, 3)
    assert (rates > 0).all()


def test_trainer_matches_torch_adamw_with_a_rate_for_each_group(dataset):
    """The decay is decoupled, and of norms and biases too."""

    def net():
        torch.manual_seed(0)
        layers = torch.nn.Linear(PIXELS**2, 6), torch.nn.Tanh(), torch.nn.BatchNorm1d(6), torch.nn.Linear(6, 2)
        return torch.nn.Sequential(torch.nn.Flatten(), *layers)

    changes = {"optimizer": "adam", "schedule": "one_cycle", "weight_decay": 0.3}
    recipe = Recipe(**PLAIN | changes, lr=0.01, epochs=2, batch_size=BATCH)
    ours, plain, train = net(), net(), dataset.splits["train"]
    parts = [[*ours[:3].parameters()], [*ours[3:].parameters()]]
    trainer = OneCycleTrainer(ours, parts, [0.001, 0.01], train, recipe, 7)
    for epoch in (1, 2):
        trainer.train_epoch(epoch)

    groups = [{"params": part.parameters(), "lr": rate} for part, rate in ((plain[:3], 0.001), (plain[3:], 0.01))]
    optimizer, generator = torch.optim.AdamW(groups, weight_decay=0.3), torch.Generator().manual_seed(7)
    inputs, labels = torch.from_numpy(train.inputs) / 255, torch.from_numpy(train.labels)
    batches = [batch for _ in range(2) for batch in torch.randperm(N, generator=generator).split(BATCH)]
    for step, chosen in enumerate(batches):
        factor, beta = cycle((step + 0.5) / len(batches), 0.25)
        for group, rate in zip(optimizer.param_groups, (0.001, 0.01), strict=True):
            group["lr"], group["betas"] = rate * factor, (beta, 0.99)
        assert trainer.rates[step] == pytest.approx([0.001 * factor, 0.01 * factor])
        optimizer.zero_grad()
        F.cross_entropy(plain(inputs[chosen]), labels[chosen]).backward()
        optimizer.step()
    for name, expected in plain.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("update", [True, False])
@pytest.mark.parametrize("kind", ["resnet18", "vgg16_bn"])
def test_first_phase_changes_the_head_only_and_the_second_everything_but_frozen_statistics(kind, update, dataset):
    *_, (frozen, unfrozen) = tuned(dataset, kind, update_batchnorm=update)
    learned = pretrained(kind).net.state_dict()
    assert all(torch.equal(value, learned[name]) for name, value in frozen.items() if not name.startswith(OF_HEAD))
    statistics = {name for name in unfrozen if name.endswith(STATISTICS) and not name.startswith(OF_HEAD)}
    fixed = {"standardise.mean", "standardise.std"} | (set() if update else statistics)
    assert {name for name, value in frozen.items() if torch.equal(value, unfrozen[name])} == fixed


@pytest.mark.parametrize("kind", ["resnet18", "vgg16_bn"])
def test_norms_with_a_rate_learn_while_the_backbone_is_frozen_and_its_convolutions_do_not(kind, dataset):
    phase = ENTRY["frozen"] | {"norms_lr": 0.001}
    trained, rates, _, (frozen, unfrozen) = tuned(dataset, kind, frozen=phase)
    learned = pretrained(kind).net
    norms = {name for name, module in learned.named_modules() if isinstance(module, torch.nn.BatchNorm2d)}
    of_backbone = {name for name in learned.state_dict() if not name.startswith((*OF_HEAD, "standardise"))}
    moved = {name for name in of_backbone if not torch.equal(frozen[name], learned.state_dict()[name])}
    assert moved == {name for name in of_backbone if name.rpartition(".")[0] in norms}  # statistics, weights and biases
    assert not {name for name in of_backbone if torch.equal(frozen[name], unfrozen[name])}  # then all layers learn
    factors = [cycle((step + 0.5) / STEPS, 0.3)[0] for step in range(STEPS)]
    np.testing.assert_allclose(rates[:STEPS], np.outer(factors, [0.001, 0.001, 0.003]), rtol=1e-6)
    assert [row["epoch"] for row in trained.training.curves] == [1, 2]


@pytest.mark.parametrize("moving", [0, 1, 2], ids=["early", "late", "head"])
@pytest.mark.parametrize("kind", GROUPS)
def test_each_group_of_layers_learns_at_its_own_rate(kind, moving, dataset):
    rates = [1e-3 if number == moving else NOTHING for number in range(3)]
    *_, (frozen, whole) = tuned(dataset, kind, unfrozen={"epochs": 1, "lr": rates})
    parameters = {name for name in whole if not name.endswith(STATISTICS)}
    changed = {name for name in parameters if (whole[name] - frozen[name]).abs().max() > 1e-6}
    assert changed == {name for name in parameters if name.startswith(GROUPS[kind][moving])}


@pytest.mark.parametrize(
    ("frozen", "whole", "phase"),
    [(1e-4, [1e-3, 1e-3, 1e-3], 2), (0.003, [1, 1, 1], 1)],
    ids=["second phase better", "second phase worse"],
)
def test_best_epoch_of_both_phases_is_kept_and_rates_follow_two_cycles(dataset, frozen, whole, phase):
    phases = {"frozen": {"epochs": 2, "lr": [frozen]}, "unfrozen": {"epochs": 2, "lr": whole}}
    trained, rates, rows, states = tuned(dataset, **phases)
    training, done = trained.training, STEPS * len(rows)
    assert len(rows) > 2  # the second phase did not diverge at once
    first = [[0, 0, frozen * cycle((step + 0.5) / (2 * STEPS), 0.3)[0]] for step in range(2 * STEPS)]
    second = [[peak * cycle((step + 0.5) / (2 * STEPS), 0.3)[0] for peak in whole] for step in range(2 * STEPS)]
    np.testing.assert_allclose(rates, [*first, *second][:done], rtol=1e-6)
    assert len(training.step_losses) == done
    assert rows == training.curves
    assert training.best_epoch == np.argmin([row["valid_loss"] for row in rows]) + 1
    assert (training.best_epoch > 2) == (phase == 2)
    assert same(trained.weights, states[training.best_epoch - 1])

    # What is saved is rebuilt from its hyper-parameters: the images' shape and classes, the backbone's statistics.
    assert trained.hyper == {**DATA, "shape": [1, PIXELS, PIXELS], "n_classes": 2, "head": "concat_pool"}
    net, valid = build("resnet18", **trained.hyper), dataset.splits["valid"]
    net.load_state_dict(trained.weights)
    accuracy = (predict(net, valid).argmax(1) == valid.labels).mean()
    assert accuracy == rows[training.best_epoch - 1]["valid_accuracy"]


def test_seed_determines_every_bit(dataset, plain):
    first, rates, rows, _ = plain
    torch.rand(17)
    again, same_rates, same_rows, _ = tuned(dataset)
    assert same(first.weights, again.weights)
    assert (first.training, rows) == (again.training, same_rows)
    np.testing.assert_array_equal(rates, same_rates)
    augmented = tuned(dataset, defaults={"shift_pixels": 2})[0].training.step_losses  # in the second phase only
    assert [one == other for one, other in zip(augmented, first.training.step_losses, strict=True)][:4] == [1, 1, 1, 0]


@pytest.mark.parametrize("phase", ["frozen", "unfrozen"])
def test_steps_of_a_diverged_phase_are_dropped(dataset, phase):
    rates = [1000] * (1 if phase == "frozen" else 3)
    trained, steps, _, states = tuned(dataset, **{phase: {"epochs": 1, "lr": rates}})
    training = trained.training
    assert training.diverged
    assert [row["epoch"] for row in training.curves] == [1]
    assert len(training.step_losses) == len(steps) == STEPS
    assert training.best_epoch == 1
    assert same(trained.weights, states[0])
