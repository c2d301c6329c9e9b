"""Training and running networks on images that sit in memory: whole batches, no loaders, no per-image Python."""

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from tqdm import tqdm

from vision.datasets import Images
from vision.params import Recipe
from vision.scores import cross_entropy

INFERENCE_BATCH = 250  # larger batches leave the processor's cache and are slower
HOPELESS = 10  # a mean loss of this many times that of a uniform guess is no training any more


@dataclass
class Training:
    """How a training went.

    Attributes:
        curves: one row per finite epoch: epoch, augmented_train_loss, augmented_train_accuracy (running, while the
            weights change), valid_loss, valid_accuracy; both at the recipe's precision
        best_epoch: the epoch with the lowest validation loss, whose weights the network holds; 0 if none was finite
        step_losses: the training loss of every batch in turn, on augmented images
        diverged: whether an epoch's loss was not finite, or ten times that of a uniform guess; it ended the training
    """

    curves: list[dict[str, float]] = field(default_factory=list)
    step_losses: list[float] = field(default_factory=list)
    best_epoch: int = 0
    diverged: bool = False


def fit(
    net: torch.nn.Module,
    train: Images,
    valid: Images,
    recipe: Recipe,
    *,
    seed: int,
    passes: int = 1,
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
    show_progress: bool = True,
) -> Training:
    """Train `net` in place and leave it, in evaluation mode, with the weights of its best epoch.

    Args:
        net: takes float32 (N, C, H, W) in [0, 1]; its device is where it trains
        seed: of the shuffling and the augmentation, drawn on the CPU so that hardware does not decide them
        passes: how often an epoch goes over the training images
        on_epoch: called with each finite row of the curves
        show_progress: draw a bar if standard error is a terminal
    """
    device = next(net.parameters()).device
    images, labels = torch.from_numpy(train.images).to(device), torch.from_numpy(train.labels).to(device)
    generator = torch.Generator().manual_seed(seed)
    optimizer = make_optimizer(net, recipe)
    training, best_loss, best_weights = Training(), math.inf, copy.deepcopy(net.state_dict())
    for epoch in range(1, recipe.epochs + 1):
        order = torch.cat([torch.randperm(len(train), generator=generator) for _ in range(passes)]).to(device)
        batches = tqdm(order.split(recipe.batch_size), f"epoch {epoch}", leave=False, disable=not show_progress or None)
        row, losses = _train_epoch(net, optimizer, images, labels, batches, epoch, recipe, generator)
        with _precision(recipe, device):
            logits = predict(net, valid.images)
        row["valid_loss"] = float(cross_entropy(logits, valid.labels).mean())
        row["valid_accuracy"] = float((logits.argmax(1) == valid.labels).mean())
        hopeless = row["augmented_train_loss"] > HOPELESS * math.log(logits.shape[1])
        if hopeless or not np.isfinite(list(row.values())).all():
            training.diverged = True
            break
        training.curves.append(row)
        training.step_losses += losses
        on_epoch(row)
        if row["valid_loss"] < best_loss:
            best_loss, best_weights, training.best_epoch = row["valid_loss"], copy.deepcopy(net.state_dict()), epoch
    net.load_state_dict(best_weights)
    net.eval()
    return training


def make_optimizer(net: torch.nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """SGD (with Nesterov momentum if any) or Adam (Kingma and Ba, 2015).

    weight_decay is lambda of (lambda / 2) * ||w||^2 added to the loss (bug B3.11), of weights alone: not of biases,
    nor of the scales and shifts of a norm (bug B3.9).
    """
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    groups = [{"params": weights, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0}]
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, recipe.lr, fused=True)
    return torch.optim.SGD(groups, recipe.lr, recipe.momentum, nesterov=recipe.momentum > 0, fused=True)


def _train_epoch(
    net: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    images: torch.Tensor,
    labels: torch.Tensor,
    batches: Sequence[torch.Tensor],
    epoch: int,
    recipe: Recipe,
    generator: torch.Generator,
) -> tuple[dict[str, float], list[float]]:
    """Take one step for each batch of positions; return mean loss and accuracy over the images, and every loss."""
    net.train()
    # One array for the losses: a small one kept from every step, between large ones, is memory that is not used again.
    losses, hits, sizes = torch.empty(len(batches), device=images.device), 0, []
    for step, chosen in enumerate(batches):
        if recipe.schedule == "one_cycle":
            progress = (epoch - 1 + (step + 0.5) / len(batches)) / recipe.epochs
            for group in optimizer.param_groups:
                group["lr"] = recipe.lr * one_cycle(progress, recipe.warmup_fraction)
        inputs = images.index_select(0, chosen).float().div_(255)  # in place: a small network's step is mostly this
        inputs, targets = random_affine(inputs, recipe, generator), labels[chosen]
        with _precision(recipe, images.device):
            logits = net(inputs)
        loss = F.cross_entropy(logits.float(), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses[step] = loss.detach()
        hits += (logits.detach().argmax(1) == targets).sum()
        sizes.append(len(chosen))
    losses = losses.tolist()
    row = {
        "epoch": epoch,
        "augmented_train_loss": float(np.average(losses, weights=sizes)),  # the last batch may be smaller (bug B1.1)
        "augmented_train_accuracy": int(hits) / sum(sizes),
    }
    return row, losses


def _precision(recipe: Recipe, device: torch.device) -> AbstractContextManager:
    """Autocast where the recipe asks for it; entering a disabled one in every step would cost small networks time."""
    return torch.autocast(device.type, torch.bfloat16) if recipe.precision == "bfloat16" else nullcontext()


def one_cycle(progress: float, warmup_fraction: float) -> float:
    """Learning-rate factor in [0, 1]: a cosine from 1/25 up to 1, then a cosine down to 0 (Smith and Topin, 2018).

    Args:
        progress: in [0, 1], the share of the training that is done
        warmup_fraction: in (0, 1), the share spent going up
    """
    if progress < warmup_fraction:
        start, end, share = 1 / 25, 1.0, progress / warmup_fraction
    else:
        start, end, share = 1.0, 0.0, (progress - warmup_fraction) / (1 - warmup_fraction)
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def random_affine(images: torch.Tensor, recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    """Rotate, scale and shift each image at random, in one operation on the batch; what moves in is black.

    Args:
        images: float32 (N, C, H, W), square
        recipe: rotation_degrees, scale_fraction and shift_pixels, each the largest change either way; the shift, of
            each axis, comes first and is turned and scaled with the image. Last, a window of the image's own size is
            cut, at whole pixels, from the image with crop_padding_pixels around it (row P3): black, but for what the
            rotation had turned out of the frame
        generator: on the CPU
    """
    padding = recipe.crop_padding_pixels
    if not (recipe.rotation_degrees or recipe.scale_fraction or recipe.shift_pixels or padding):
        return images

    def uniform(largest: float) -> torch.Tensor:
        return (2 * torch.rand(len(images), generator=generator) - 1) * largest

    angle = uniform(math.radians(recipe.rotation_degrees))
    zoom = 1 + uniform(recipe.scale_fraction)
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    shift = 2 * recipe.shift_pixels / images.shape[-1]  # the grid spans [-1, 1]
    across, down = uniform(shift), uniform(shift)
    if padding:
        right, below = torch.randint(-padding, padding + 1, (2, len(images)), generator=generator)
        right, below = 2 * right / images.shape[-1], 2 * below / images.shape[-1]
        across, down = across + cosine * right - sine * below, down + sine * right + cosine * below
    matrix = torch.stack([cosine, -sine, across, sine, cosine, down], dim=1).view(-1, 2, 3)
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)  # (N, H, W, 2)
    return F.grid_sample(images, grid.to(images.device), align_corners=False)


def predict(net: torch.nn.Module, images: np.ndarray) -> np.ndarray:
    """Logits, float32 (N, n_classes), of uint8 images (N, C, H, W); computed in float32 outside of autocast."""
    return in_batches(net.eval(), images, next(net.parameters()).device)


@torch.inference_mode()
def in_batches(
    function: Callable[[torch.Tensor], torch.Tensor], images: np.ndarray, device: torch.device
) -> np.ndarray:
    """Apply `function` to uint8 images (N, C, H, W) as float32 in [0, 1], batch by batch; rows are kept in order."""
    batches = torch.from_numpy(images).split(INFERENCE_BATCH)
    return torch.cat([function(batch.to(device).float() / 255).float().cpu() for batch in batches]).numpy()
