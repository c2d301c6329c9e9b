"""How weights are changed: optimisers, and the schedule of the learning rate."""

import math

import torch

from vision.pipeline.schema.models import Recipe


def make_optimizer(net: torch.nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """SGD (with Nesterov momentum if any) or Adam (Kingma and Ba, 2015).

    weight_decay is lambda of (lambda / 2) * ||w||^2 added to the loss (bug B3.11), of weights alone: not of biases,
    nor of the scales and shifts of a norm (bug B3.9), unless decay_all says so, as the documents did.
    """
    weights = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    decays = recipe.weight_decay, recipe.weight_decay * recipe.decay_all
    groups = [{"params": part, "weight_decay": decay} for part, decay in zip((weights, others), decays, strict=True)]
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, recipe.lr, fused=True)
    # Without momentum the fused one gives the same bits no faster, and ends an emulator with a segmentation fault.
    moves = recipe.momentum > 0
    return torch.optim.SGD(groups, recipe.lr, recipe.momentum, nesterov=moves, fused=moves)


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
