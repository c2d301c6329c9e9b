"""The dense layers of a VGG (Simonyan and Zisserman, 2014), on precomputed features of its frozen layers."""

from itertools import pairwise

import torch
from torch import nn

from vision.nets.inference import Linear, Standardise
from vision.pipeline.errors import UserError

DROPOUT = 0.5


class DenseHead(nn.Module):
    """Two hidden layers with ReLU and dropout, and the layer of the logits, as in torchvision's VGG16."""

    def __init__(self, *, mean: list[float], std: list[float], shape: list[int], n_classes: int, dense_units: int):
        """Draw He-normal weights (He et al., 2015), with biases of 0; each hidden layer has `dense_units`.

        Raises:
            UserError: the inputs are images
        """
        super().__init__()
        if len(shape) != 1:
            raise UserError(f"net dense_head: its inputs have shape {shape}: should be features")
        widths = [*shape, dense_units, dense_units]
        hidden = [
            module
            for before, after in pairwise(widths)
            for module in (Linear(before, after), nn.ReLU(), nn.Dropout(DROPOUT))
        ]
        self.standardise = Standardise(mean, std, shape)
        self.classifier = nn.Sequential(*hidden, Linear(dense_units, n_classes))
        self.layers = {"hidden_1": "classifier.1", "hidden_2": "classifier.4", "logits": "classifier.6"}
        for layer in self.classifier:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 features (N, D)."""
        return self.classifier(self.standardise(features))
