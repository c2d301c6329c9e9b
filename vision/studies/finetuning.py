"""Fine-tuning as in fastai version 1: a new head on a frozen backbone, then all layers with a rate for each group."""

import numpy as np
import torch

from vision.data.dataset import Dataset, Samples
from vision.nets import SavedNet, build
from vision.nets.inference import PretrainedNet, in_batches
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import FineTuned, Options, Recipe
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
    net.to(device)
    first, head_rates = train_head(net, entry, frozen_features(net, dataset), defaults, seed, on_epoch)
    steps, recipe = len(first.step_losses), entry.recipe(entry.unfrozen, defaults)
    net.update_batchnorm = entry.update_batchnorm
    trainer = OneCycleTrainer(net, _layer_groups(net), entry.unfrozen.lr, dataset.splits["train"], recipe, seed)
    training = train(trainer, dataset.splits["valid"], recipe.epochs, on_epoch, after=first)
    rates = [[0.0, 0.0, rate] for (rate,) in head_rates] + trainer.rates[: len(training.step_losses) - steps]
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


def frozen_features(net: PretrainedNet, dataset: Dataset) -> tuple[Samples, Samples]:
    """The backbone's features of each training and validation image, float32 (N, C, h, w), without augmentation."""
    device = next(net.parameters()).device
    net.eval()
    parts = (dataset.splits[name] for name in ("train", "valid"))
    return tuple(Samples(in_batches(net.features, part, device), part.labels, part.indices) for part in parts)


def train_head(
    net: PretrainedNet, entry: FineTuned, features: tuple[Samples, Samples], defaults: Options, seed: int,
    on_epoch: OnEpoch,
) -> tuple[Training, list[list[float]]]:  # fmt: skip
    """Train the head alone on the frozen backbone's features; the training, and the rate of each of its steps."""
    head = torch.nn.Sequential(*_head(net))
    recipe = entry.recipe(entry.frozen, defaults)
    trainer = OneCycleTrainer(head, [list(head.parameters())], entry.frozen.lr, features[0], recipe, seed)
    training = train(trainer, features[1], recipe.epochs, on_epoch)
    return training, trainer.rates[: len(training.step_losses)]


def _head(net: PretrainedNet) -> list[torch.nn.Module]:
    return [net.get_submodule(name) for name in net.head_parts]


def _layer_groups(net: PretrainedNet) -> list[list[torch.nn.Parameter]]:
    """The parameters of early layers, late layers and the head."""
    parts = net.backbone[: net.early], net.backbone[net.early :], _head(net)
    return [[parameter for module in part for parameter in module.parameters()] for part in parts]
