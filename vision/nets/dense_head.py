"""The dense layers of a VGG (Simonyan and Zisserman, 2014), on precomputed features of its frozen layers."""

from typing import ClassVar

import torch
from torch import nn

from vision.nets.inference import Standardise, dense_layers, draw_he_normal
from vision.pipeline.errors import UserError


class DenseHead(nn.Module):
    """Two hidden layers with ReLU and dropout, and the layer of the logits, as in torchvision's VGG16."""

    layers: ClassVar = {"hidden_1": "classifier.1", "hidden_2": "classifier.4", "logits": "classifier.6"}

    def __init__(self, *, mean: list[float], std: list[float], shape: list[int], n_classes: int, dense_units: int):
        """Draw He-normal weights; each hidden layer has `dense_units`. A UserError, if the inputs are images."""
        super().__init__()
        if len(shape) != 1:
            raise UserError(f"net dense_head: its inputs have shape {shape}: should be features")
        self.standardise = Standardise(mean, std, shape)
        self.classifier = dense_layers(*shape, dense_units, dense_units, n_classes)
        draw_he_normal(self)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 features (N, D)."""
        return self.classifier(self.standardise(features))
