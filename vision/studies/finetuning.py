"""Fine-tuning as in fastai version 1: a new head on a frozen backbone, then all layers with a rate for each group."""

from itertools import chain

import numpy as np
import torch

from vision.data.dataset import Dataset, Samples
from vision.nets import SavedNet, build
from vision.nets.inference import PretrainedNet, in_batches
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import FineTuned, Options, Recipe
from vision.pipeline.schema.types import StrictModel
from vision.training.history import OnEpoch, Training, train
from vision.training.jobs import Job, Trained
from vision.training.loop import TorchTrainer, one_cycle

RATES = 1 / 25, 1, 1 / 250_000  # factors of the peak learning rate at the start, after the warmup and at the end
BETAS = 0.95, 0.85, 0.95  # Adam's first beta there
SECOND_BETA = 0.99


class OneCycleTrainer(TorchTrainer):
    """Trains groups of layers at different rates by Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

    All parameters decay. Rates rise and fall by cosines, and Adam's first beta falls and rises (Smith, 2018). `rates`
    are those of each group in each step so far.
    """

    def __init__(
        self, net: torch.nn.Module, groups: list[list], peaks: list[float], train: Samples, recipe: Recipe, seed: int
    ):
        super().__init__(net, train, recipe, seed=seed, show_progress=True)
        self.peaks, self.rates = peaks, []
        options = [{"params": group, "lr": rate} for group, rate in zip(groups, peaks, strict=True)]
        decay = recipe.weight_decay
        self.optimizer = torch.optim.AdamW(options, betas=(BETAS[0], SECOND_BETA), weight_decay=decay, fused=True)

    def _set_rate(self, progress: float) -> None:
        factor, beta = (one_cycle(progress, self.recipe.warmup_fraction, values) for values in (RATES, BETAS))
        for group, peak in zip(self.optimizer.param_groups, self.peaks, strict=True):
            group["lr"], group["betas"] = peak * factor, (beta, SECOND_BETA)
        self.rates.append([peak * factor for peak in self.peaks])


def finetune(
    entry: FineTuned, backbone: SavedNet, dataset: Dataset, defaults: Options, *,
    seed: int, device: str, on_epoch: OnEpoch,
) -> tuple[Trained, np.ndarray]:  # fmt: skip
    """Give a backbone a new head and train both phases; the epoch with the lowest validation loss is kept.

    While the backbone is frozen, its batch norms learn if the entry gives their rate, as in fastai; their statistics
    then follow the batches. Otherwise its features are computed once.

    Returns:
        the network, and the learning rate of each step, float32 (steps, 3), of early layers, late layers and the head:
        0 for what is frozen

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
    copy_backbone(backbone.net, net)
    net.to(device).update_batchnorm = entry.update_batchnorm
    training, rates = Training(), []
    for phase in [phase for phase in (entry.frozen, entry.unfrozen) if phase.epochs]:
        recipe, steps = entry.recipe(phase, defaults), len(training.step_losses)
        trainer, valid = start_phase(net, entry, phase, dataset, recipe, seed)
        training = train(trainer, valid, recipe.epochs, on_epoch, after=training)
        rates += [[0.0] * (3 - len(row)) + row for row in trainer.rates[: len(training.step_losses) - steps]]
    weights = {name: value.cpu() for name, value in net.state_dict().items()}
    job = Job(entry.net, entry.net, entry.hyper, recipe, seed)
    return Trained(job, hyper, weights, training), np.array(rates, np.float32).reshape(-1, 3)


def copy_backbone(pretrained: PretrainedNet, net: PretrainedNet) -> None:
    """Copy all weights but the head's into a network of the same kind.

    Raises:
        UserError: the networks are of different kinds
    """
    learned, initial = (
        {name: value for name, value in one.state_dict().items() if not name.startswith(net.head_parts)}
        for one in (pretrained, net)
    )
    if {name: value.shape for name, value in learned.items()} != {name: value.shape for name, value in initial.items()}:
        raise UserError("the backbone's weights are not those of such a network; run `dvc repro` to make them again")
    net.load_state_dict(learned, strict=False)


def frozen_features(net: PretrainedNet, *parts: Samples) -> tuple[Samples, ...]:
    """The backbone's features, float32 (N, C, h, w), of the images of each part, without augmentation."""
    device = next(net.parameters()).device
    net.eval()
    return tuple(Samples(in_batches(net.features, part, device), part.labels, part.indices) for part in parts)


def start_phase(
    net: PretrainedNet, entry: FineTuned, phase: StrictModel, dataset: Dataset, recipe: Recipe, seed: int
) -> tuple[OneCycleTrainer, Samples]:
    """The trainer of a phase, and its validation samples; only what it trains has gradients."""
    learning, peaks, groups = net, phase.lr, _layer_groups(net)
    parts = dataset.splits["train"], dataset.splits["valid"]
    if phase is entry.frozen and phase.norms_lr:
        peaks, groups = [phase.norms_lr] * 2 + phase.lr, [*_layer_groups(net, torch.nn.BatchNorm2d)[:2], groups[2]]
    elif phase is entry.frozen:
        learning, groups, parts = torch.nn.Sequential(*_head(net)), groups[2:], frozen_features(net, *parts)
    net.requires_grad_(False)
    for parameter in chain(*groups):
        parameter.requires_grad_(True)
    return OneCycleTrainer(learning, groups, peaks, parts[0], recipe, seed), parts[1]


def _head(net: PretrainedNet) -> list[torch.nn.Module]:
    return [net.get_submodule(name) for name in net.head_parts]


def _layer_groups(net: PretrainedNet, kind: type = torch.nn.Module) -> list[list[torch.nn.Parameter]]:
    """The parameters of early layers, late layers and the head; of their modules of one kind alone."""
    parts = (torch.nn.ModuleList(part) for part in (net.backbone[: net.early], net.backbone[net.early :], _head(net)))
    chosen = [[module for module in part.modules() if isinstance(module, kind)] for part in parts]
    return [[parameter for module in part for parameter in module.parameters(recurse=False)] for part in chosen]
