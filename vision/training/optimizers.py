"""Optimisers, and the schedule of the learning rate."""

import math

import torch

from vision.pipeline.schema.models import Recipe


def make_optimizer(net: torch.nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """SGD (Nesterov, if there is momentum) or Adam (Kingma and Ba, 2015).

    The loss is penalised by (weight_decay / 2) * ||w||^2 of the weights; with decay_all of biases and norms, too.
    """
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    decays = recipe.weight_decay, recipe.weight_decay * recipe.decay_all
    groups = [{"params": part, "weight_decay": decay} for part, decay in zip((weights, others), decays, strict=True)]
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, recipe.lr, fused=True)
    # Without momentum, fused SGD gives the same bits, is no faster, and crashes in an emulator of other processors.
    momentum = recipe.momentum > 0
    return torch.optim.SGD(groups, recipe.lr, recipe.momentum, nesterov=momentum, fused=momentum)


def one_cycle(
    progress: float, warmup_fraction: float, values: tuple[float, float, float] = (1 / 25, 1.0, 0.0)
) -> float:
    """A factor of the learning rate that rises and falls by cosines through three values (Smith and Topin, 2018).

    Args:
        progress: in [0, 1], the completed part of the training
        warmup_fraction: in (0, 1), the part in which the rate goes up
    """
    if progress < warmup_fraction:
        (start, end, _), share = values, progress / warmup_fraction
    else:
        (_, start, end), share = values, (progress - warmup_fraction) / (1 - warmup_fraction)
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
