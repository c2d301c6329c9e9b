"""Running networks: how inputs enter them, and what comes out, batch by batch."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from vision.data.dataset import Samples

INFERENCE_BATCH = 250  # larger batches leave the processor's cache and are slower


class Standardise(nn.Module):
    """Subtract each channel's mean and divide by its standard deviation, both over the training part."""

    def __init__(self, mean: list[float], std: list[float], shape: list[int]):
        """Take mean and std of each channel (C,) of images of `shape` (C, H, W), or of each feature (D,)."""
        super().__init__()
        spread = [-1] + [1] * (len(shape) - 1)
        self.register_buffer("mean", torch.tensor(mean).view(spread))
        self.register_buffer("std", torch.tensor(std).view(spread))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Standardise float32 inputs (N, *shape)."""
        return (inputs - self.mean).div_(self.std)


def place(net: Any, device: str) -> Any:
    """Move a torch network to a device; a network of another library stays where it is."""
    return net.to(device) if isinstance(net, nn.Module) else net


def predict(net: Any, samples: Samples) -> np.ndarray:
    """Logits, float32 (N, n_classes); computed in float32 outside of autocast."""
    if not isinstance(net, nn.Module):
        return np.asarray(net.logits(samples.rows), np.float32)
    return in_batches(net.eval(), samples, next(net.parameters()).device)


@torch.inference_mode()
def in_batches(function: Callable[[torch.Tensor], torch.Tensor], samples: Samples, device: torch.device) -> np.ndarray:
    """Apply `function` to float32 inputs (N, *shape), pixels in [0, 1], batch by batch; rows are kept in order."""
    batches = torch.from_numpy(samples.inputs).split(INFERENCE_BATCH)
    return torch.cat([function(batch.to(device).float() / samples.scale).float().cpu() for batch in batches]).numpy()


def count_parameters(net: Any) -> int:
    """How many numbers a network learns."""
    return sum(math.prod(parameter.shape) for parameter in net.parameters())
