"""The ConvNet of document 000."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from vision.nets.inference import Linear, Standardise
from vision.pipeline.errors import UserError

KERNEL_PIXELS = 5
MIN_PIXELS = 16  # two convolutions and two poolings leave one pixel
N_FEATURES = 128


class ConvNet(nn.Module):
    """Two 5x5 convolutions, 128 features, a linear head.

    The document does not specify the second width, the padding and the layers after the 128 units. Chosen here: 64
    kernels, no padding, ReLU, dropout.
    """

    layers: ClassVar = {"conv1": "conv1", "conv2": "conv2", "features": "dropout", "logits": "head"}

    def __init__(self, *, mean: list[float], std: list[float], shape: list[int], n_classes: int, dropout: float):
        """Draw initial weights; `dropout` is the probability, in [0, 1), that a feature is dropped in training.

        A UserError, if the inputs are not square images of at least 16 pixels.
        """
        super().__init__()
        if len(shape) != 3 or shape[1] != shape[2] or shape[1] < MIN_PIXELS:
            raise UserError(f"net convnet: its inputs have shape {shape}: should be square images of 16 pixels or more")
        side = ((shape[1] - KERNEL_PIXELS + 1) // 2 - KERNEL_PIXELS + 1) // 2
        self.standardise = Standardise(mean, std, shape)
        self.conv1 = nn.Conv2d(shape[0], 32, KERNEL_PIXELS)
        self.conv2 = nn.Conv2d(32, 64, KERNEL_PIXELS, bias=False)  # the next norm has a bias
        self.norm = nn.BatchNorm2d(64)
        self.hidden = Linear(64 * side * side, N_FEATURES)
        self.dropout = nn.Dropout(dropout)
        self.head = Linear(N_FEATURES, n_classes)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 images (N, C, H, W) in [0, 1]."""
        x = self.standardise(images).to(memory_format=torch.channels_last)
        # ReLU after the pooling has the same result as before it, at a quarter of the cost.
        x = F.relu(F.max_pool2d(self.conv1(x), 2))  # (N, 32, 12, 12) for 28x28 images
        x = F.relu(F.max_pool2d(self.norm(self.conv2(x)), 2))  # (N, 64, 4, 4)
        x = self.dropout(F.relu(self.hidden(x.flatten(1))))  # (N, 128), the input of the last layer
        return self.head(x)
