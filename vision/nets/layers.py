"""Looking into networks: the outputs and weights of layers, by module name."""

import numpy as np
import torch
from torch import nn

from vision.data.dataset import Samples
from vision.nets.inference import predict
from vision.pipeline.errors import UserError


def capture_activations(net: nn.Module, samples: Samples, *labels: str) -> dict[str, np.ndarray]:
    """The outputs of some of a network's taps for each sample.

    Args:
        labels: keys of `net.layers`; without any, all of them

    Returns:
        float32 (N, ...) by label, in the order of `net.layers`; copies, which no later layer can overwrite (bug B2.2)

    Raises:
        UserError: the network has no such tap
    """
    if unknown := set(labels) - set(net.layers):
        raise UserError(f"{type(net).__name__} has no layer {min(unknown)!r}; allowed: {', '.join(net.layers)}")
    found = {label: [] for label in net.layers if label in labels or not labels}

    def keep(label: str):
        return lambda module, inputs, output: found[label].append(output.detach().float().cpu().clone())

    hooks = [net.get_submodule(net.layers[label]).register_forward_hook(keep(label)) for label in found]
    try:
        predict(net, samples)
    finally:
        for hook in hooks:
            hook.remove()
    return {label: torch.cat(parts).numpy() for label, parts in found.items()}


def last_features(net: nn.Module) -> str:
    """The label of the tap whose output enters the last layer.

    Raises:
        UserError: the network has one layer alone
    """
    if len(net.layers) < 2:
        raise UserError(f"{type(net).__name__} has no layer before its last one; give it a hidden layer")
    return list(net.layers)[-2]


def weighted_layers(net: nn.Module) -> list[nn.Linear | nn.Conv2d]:
    """The linear and convolutional layers, first to last."""
    return [module for module in net.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
