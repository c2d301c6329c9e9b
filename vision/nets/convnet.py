"""The ConvNet of document 000 (row C2)."""

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field, validate_call
from torch import nn

KERNEL_PIXELS = 5
N_FEATURES = 128


class ConvNet(nn.Module):
    """Two 5x5 convolutions, 128 features, a linear head.

    The document leaves open the second width, the padding and what follows the 128 units. Declared here: 64 kernels,
    no padding, ReLU then dropout.
    """

    @validate_call
    def __init__(
        self,
        *,
        mean: list[float],
        std: list[float],
        image_pixels: Annotated[int, Field(ge=16)],
        n_classes: int,
        dropout: Annotated[float, Field(ge=0, lt=1)],
    ):
        """Make fresh weights.

        Args:
            mean, std: of each channel over the training part, in [0, 1]; their length is the number of channels
            image_pixels: side of the square images, at least 16
            n_classes: number of logits
            dropout: probability, in [0, 1), that a feature is dropped while training
        """
        super().__init__()
        side = ((image_pixels - KERNEL_PIXELS + 1) // 2 - KERNEL_PIXELS + 1) // 2
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1))
        self.conv1 = nn.Conv2d(len(mean), 32, KERNEL_PIXELS)
        self.conv2 = nn.Conv2d(32, 64, KERNEL_PIXELS, bias=False)  # the norm that follows has the bias
        self.norm = nn.BatchNorm2d(64)
        self.hidden = nn.Linear(64 * side * side, N_FEATURES)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(N_FEATURES, n_classes)
        self.to(memory_format=torch.channels_last)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """The vector that enters the last layer, after its ReLU (bug B0.3 left that open).

        Args:
            images: float32 (N, C, H, W), in [0, 1]

        Returns:
            float (N, 128), at least 0
        """
        x = ((images - self.mean) / self.std).to(memory_format=torch.channels_last)
        # ReLU after the pooling gives the same values as before it, on a quarter of the pixels.
        x = F.relu(F.max_pool2d(self.conv1(x), 2))  # (N, 32, 12, 12) for 28x28 images
        x = F.relu(F.max_pool2d(self.norm(self.conv2(x)), 2))  # (N, 64, 4, 4)
        return self.dropout(F.relu(self.hidden(x.flatten(1))))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 images (N, C, H, W) in [0, 1]."""
        return self.head(self.features(images))
