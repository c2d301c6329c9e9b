"""Fine-tuning as in fastai version 1: a new head on a frozen backbone, then all layers with a rate for each group."""

import math

import numpy as np
import torch

from vision.data.dataset import Dataset, Samples
from vision.nets import SavedNet, build
from vision.nets.inference import in_batches
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import Options, Recipe
from vision.pipeline.schema.models import FineTuned
from vision.training.history import OnEpoch, Training, train
from vision.training.jobs import Job, Trained
from vision.training.loop import TorchTrainer

START, END = 1 / 25, 1 / 250_000  # of the peak learning rate, before and after a cycle
BETAS = 0.95, 0.85  # Adam's first beta at the lowest and at the highest learning rate
SECOND_BETA = 0.99
HEADS = {"resnet18": ("pool", "fc"), "vgg16": ("avgpool", "classifier")}  # by network: the parts of its head
EARLY = {"resnet18": 4, "vgg16": 3}  # how many parts of the backbone are early layers, as in fastai


class OneCycleTrainer(TorchTrainer):
    """Trains groups of layers at different rates by Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

    All parameters decay. Rates rise and fall by cosines, and Adam's first beta falls and rises (Smith, 2018).

    Attributes:
        rates: learning rate of each group in each step so far
    """

    def __init__(
        self, net: torch.nn.Module, groups: list[list], rates: list[float], train: Samples, recipe: Recipe, seed: int
    ):
        """Prepare the training.

        Args:
            groups: parameters of each group
            rates: peak learning rate of each group
        """
        super().__init__(net, train, recipe, seed=seed, show_progress=True)
        self.peaks, self.rates = rates, []
        options = [{"params": group, "lr": rate} for group, rate in zip(groups, rates, strict=True)]
        decay = recipe.weight_decay
        self.optimizer = torch.optim.AdamW(options, betas=(BETAS[0], SECOND_BETA), weight_decay=decay, fused=True)

    def _set_rate(self, progress: float) -> None:
        factor, beta = cycle(progress, self.recipe.warmup_fraction)
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"], group["betas"] = peak * factor, (beta, SECOND_BETA)
        self.rates.append([peak * factor for peak in self.peaks])


def cycle(progress: float, warmup_fraction: float) -> tuple[float, float]:
    """The factor of the peak rate, and Adam's first beta, in fastai's one cycle.

    Args:
        progress: in [0, 1], the completed part of the training
        warmup_fraction: in (0, 1), the part in which the rate rises
    """

    def between(start: float, end: float, share: float) -> float:
        return end + (start - end) * (1 + math.cos(math.pi * share)) / 2

    if progress < warmup_fraction:
        share = progress / warmup_fraction
        return between(START, 1, share), between(*BETAS, share)
    share = (progress - warmup_fraction) / (1 - warmup_fraction)
    return between(1, END, share), between(*reversed(BETAS), share)


def finetune(
    entry: FineTuned,
    backbone: SavedNet,
    dataset: Dataset,
    defaults: Options,
    *,
    seed: int,
    device: str,
    on_epoch: OnEpoch,
) -> tuple[Trained, np.ndarray]:
    """Give a backbone a new head and train both phases; the test split is not read.

    Returns:
        the network with the weights of the epoch of either phase that has the lowest validation loss; and the learning
        rate of each step, float32 (steps, 3), of early layers, late layers and the head: 0 for what is frozen

    Raises:
        UserError: the last batch would hold one image, which batch norms cannot normalise
    """
    images = len(dataset.splits["train"])
    if images % entry.batch_size == 1:
        raise UserError(
            f"batch_size is {entry.batch_size}: it leaves one of {images:,} images for a last batch; choose another"
        )
    hyper = {**dataset.net_inputs, "mean": backbone.hyper["mean"], "std": backbone.hyper["std"], **entry.hyper}
    torch.manual_seed(seed)
    net = build(entry.net, **hyper)
    with_backbone(net, backbone, HEADS[entry.net])
    net.to(device)
    first, first_rates = train_head(net, entry, frozen_features(net, dataset), defaults, seed, on_epoch)
    best = {name: value.clone() for name, value in net.state_dict().items()}
    done = len(first.curves)
    second, second_rates = train_all(net, entry, dataset, defaults, seed, lambda row: on_epoch(shift_epoch(row, done)))
    training = concatenate(first, second)
    if training.best_epoch <= done:
        net.load_state_dict(best)
    weights = {name: value.cpu() for name, value in net.state_dict().items()}
    job = Job(entry.net, entry.net, entry.hyper, entry.recipe(entry.unfrozen, defaults), seed)
    rates = np.array(first_rates + second_rates, np.float32).reshape(-1, 3)
    return Trained(job, hyper, weights, training), rates


def with_backbone(net: torch.nn.Module, backbone: SavedNet, head: tuple[str, ...]) -> None:
    """Copy the backbone's weights into a network of the same kind with another head.

    Args:
        head: the names of the head's parts

    Raises:
        UserError: the backbone's file holds another kind of network
    """
    learned, initial = (
        {name: value for name, value in kind.state_dict().items() if not name.startswith(head)}
        for kind in (backbone.net, net)
    )
    if {name: value.shape for name, value in learned.items()} != {name: value.shape for name, value in initial.items()}:
        raise UserError("the backbone's weights are not those of such a network; run `dvc repro` to make them again")
    net.load_state_dict(learned, strict=False)


def frozen_features(net: torch.nn.Module, dataset: Dataset) -> tuple[Samples, Samples]:
    """The backbone's features of each training and validation image, float32 (N, C, h, w), without augmentation."""
    device = next(net.parameters()).device
    net.eval()
    parts = (dataset.splits[name] for name in ("train", "valid"))
    return tuple(Samples(in_batches(net.features, part, device), part.labels, part.indices) for part in parts)


def train_head(
    net: torch.nn.Module,
    entry: FineTuned,
    features: tuple[Samples, Samples],
    defaults: Options,
    seed: int,
    on_epoch: OnEpoch,
) -> tuple[Training, list[list[float]]]:
    """Train the head alone, on the frozen backbone's features of the training and validation images."""
    head = torch.nn.Sequential(*(net.get_submodule(name) for name in HEADS[entry.net]))
    recipe = entry.recipe(entry.frozen, defaults)
    trainer = OneCycleTrainer(head, [list(head.parameters())], entry.frozen.lr, features[0], recipe, seed)
    training = train(trainer, features[1], recipe.epochs, on_epoch)
    return training, [[0.0, 0.0, rate] for (rate,) in trainer.rates[: len(training.step_losses)]]


def train_all(
    net: torch.nn.Module, entry: FineTuned, dataset: Dataset, defaults: Options, seed: int, on_epoch: OnEpoch
) -> tuple[Training, list[list[float]]]:
    """Train all layers, the early ones slowest."""
    net.update_batchnorm, recipe = entry.update_batchnorm, entry.recipe(entry.unfrozen, defaults)
    early, head = EARLY[entry.net], [net.get_submodule(name) for name in HEADS[entry.net]]
    parts = net.backbone[:early], net.backbone[early:], head
    groups = [[parameter for module in part for parameter in module.parameters()] for part in parts]
    trainer = OneCycleTrainer(net, groups, entry.unfrozen.lr, dataset.splits["train"], recipe, seed)
    training = train(trainer, dataset.splits["valid"], recipe.epochs, on_epoch)
    return training, trainer.rates[: len(training.step_losses)]


def shift_epoch(row: dict[str, float], done: int) -> dict[str, float]:
    """A row of the second phase's curves, with its epoch counted from the start of the first phase."""
    return {**row, "epoch": row["epoch"] + done}


def concatenate(first: Training, second: Training) -> Training:
    """Two trainings, one after the other, as one."""
    curves = first.curves + [shift_epoch(row, len(first.curves)) for row in second.curves]
    best = min(curves, key=lambda row: row["valid_loss"])["epoch"] if curves else 0
    diverged = first.diverged or second.diverged
    return Training(curves, first.step_losses + second.step_losses, best, diverged)
