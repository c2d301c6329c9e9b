"""Outputs and weights of the layers of a network."""

import numpy as np
import torch
from torch import nn

from vision.data.dataset import Samples
from vision.nets.inference import predict
from vision.pipeline.errors import UserError


def capture_activations(net: nn.Module, samples: Samples, *labels: str) -> dict[str, np.ndarray]:
    """The outputs of some layers for each sample.

    Args:
        labels: keys of `net.layers`; without any, all of them

    Returns:
        float32 (N, ...) by label, in the order of `net.layers`; copies, which no later layer can overwrite

    Raises:
        UserError: the network has no such layer
    """
    if unknown := set(labels) - set(net.layers):
        raise UserError(f"{type(net).__name__} has no layer {min(unknown)!r}; allowed: {', '.join(net.layers)}")
    outputs = {label: [] for label in net.layers if label in labels or not labels}

    def append_to(label: str):
        return lambda module, inputs, output: outputs[label].append(output.detach().float().cpu().clone())

    hooks = [net.get_submodule(net.layers[label]).register_forward_hook(append_to(label)) for label in outputs]
    try:
        predict(net, samples)
    finally:
        for hook in hooks:
            hook.remove()
    return {label: torch.cat(batches).numpy() for label, batches in outputs.items()}


def last_features(net: nn.Module) -> str:
    """The label of the layer whose output is the input of the last layer.

    Raises:
        UserError: the network has one layer only
    """
    if len(net.layers) < 2:
        raise UserError(f"{type(net).__name__} has no layer before its last one; give it a hidden layer")
    return list(net.layers)[-2]


def weighted_layers(net: nn.Module) -> list[nn.Linear | nn.Conv2d]:
    """The linear and convolutional layers, first to last."""
    return [module for module in net.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
