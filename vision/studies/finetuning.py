"""Fine-tuning as fastai version 1 does it: a new head alone on a frozen backbone, then all layers at their own rates."""

import math
from collections.abc import Callable

import numpy as np
import torch

from vision.data.dataset import Dataset, Samples
from vision.nets import SavedNet, build
from vision.nets.inference import in_batches
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import Options, Recipe
from vision.pipeline.schema.transfer import FineTuned
from vision.training.history import Training, train
from vision.training.loop import TorchTrainer
from vision.training.runs import Trained

START, END = 1 / 25, 1 / 250_000  # of the peak learning rate, before and after a cycle
BETAS = 0.95, 0.85  # Adam's first, where the rate is low and where it is highest
SECOND_BETA = 0.99
HEADS = {"resnet18": ("pool", "fc"), "vgg16": ("avgpool", "classifier")}  # of networks by name: the head's parts
EARLY = {
    "resnet18": 4,
    "vgg16": 3,
}  # and how many of the backbone's learn at the early layers' rate, as fastai cuts them
OnEpoch = Callable[[dict[str, float]], None]


class OneCycleTrainer(TorchTrainer):
    """Trains groups of layers at their own rates by Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

    The decay is of all parameters. Rates go up and down by cosines, Adam's first beta the other way (Smith, 2018).

    Attributes:
        rates: learning rate of each group in every step so far
    """

    def __init__(
        self, net: torch.nn.Module, groups: list[list], rates: list[float], train: Samples, recipe: Recipe, seed: int
    ):
        """Prepare the training.

        Args:
            groups: parameters of each group
            rates: peak learning rate of each group
        """
        super().__init__(net, train, recipe, seed=seed)
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
    """What the peak rate is multiplied by, and Adam's first beta, in fastai's one cycle.

    Args:
        progress: in [0, 1], the share of the training that is done
        warmup_fraction: in (0, 1), the share spent going up
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

    The weights are those of the epoch with the lowest validation loss, of either phase.

    Returns:
        weights, hyper-parameters and curves, whose epochs count on through the second phase; and the learning rate of
        each step, float32 (steps, 3), of early layers, late ones and the head: 0 for what is frozen
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
    second, second_rates = train_whole(net, entry, dataset, defaults, seed, lambda row: on_epoch(counted_on(row, done)))
    training = joined(first, second)
    if training.best_epoch <= done:
        net.load_state_dict(best)
    weights = {name: value.cpu() for name, value in net.state_dict().items()}
    return Trained(weights, hyper, training), np.array(first_rates + second_rates, np.float32).reshape(-1, 3)


def with_backbone(net: torch.nn.Module, backbone: SavedNet, head: tuple[str, ...]) -> None:
    """Copy the backbone's weights into a network of the same kind with another head, whose parts have these names.

    Raises:
        UserError: the backbone's file holds another kind of network
    """
    learned, own = (
        {name: value for name, value in kind.state_dict().items() if not name.startswith(head)}
        for kind in (backbone.net, net)
    )
    if {name: value.shape for name, value in learned.items()} != {name: value.shape for name, value in own.items()}:
        raise UserError("the backbone's weights are not those of such a network; run `dvc repro` to make them anew")
    net.load_state_dict(learned, strict=False)


def frozen_features(net: torch.nn.Module, dataset: Dataset) -> tuple[Samples, Samples]:
    """What the backbone gives for each training and validation image, float32 (N, C, h, w): hence no augmentation."""
    device = next(net.parameters()).device
    net.eval()
    parts = (dataset.splits[name] for name in ("train", "valid"))
    return tuple(Samples(in_batches(net.features, part, device), part.labels, part.indices) for part in parts)


def train_head(
    net: torch.nn.Module,
    entry: FineTuned,
    seen: tuple[Samples, Samples],
    defaults: Options,
    seed: int,
    on_epoch: OnEpoch,
) -> tuple[Training, list[list[float]]]:
    """Train the head alone, on what the frozen backbone gave once."""
    head = torch.nn.Sequential(*(net.get_submodule(name) for name in HEADS[entry.net]))
    recipe = entry.recipe(entry.frozen, defaults)
    trainer = OneCycleTrainer(head, [list(head.parameters())], entry.frozen.lr, seen[0], recipe, seed)
    training = train(trainer, seen[1], recipe.epochs, on_epoch)
    return training, [[0.0, 0.0, rate] for (rate,) in trainer.rates[: len(training.step_losses)]]


def train_whole(
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


def counted_on(row: dict[str, float], done: int) -> dict[str, float]:
    """A row of the second phase's curves, its epoch counted from the first phase's beginning."""
    return {**row, "epoch": row["epoch"] + done}


def joined(first: Training, second: Training) -> Training:
    """Two trainings, one after the other, as one."""
    curves = first.curves + [counted_on(row, len(first.curves)) for row in second.curves]
    best = min(curves, key=lambda row: row["valid_loss"])["epoch"] if curves else 0
    diverged = first.diverged or second.diverged
    return Training(curves, first.step_losses + second.step_losses, best, diverged)
