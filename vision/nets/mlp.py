"""The multilayer perceptrons of documents 001 and 003; with no hidden layer, softmax regression (rows L3, L11, P7)."""

from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field, validate_call
from torch import nn

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}
Width = Annotated[int, Field(strict=True, ge=1)]


class MLP(nn.Module):
    """Linear layers on all pixels, an activation after each but the last.

    Weights start Xavier-uniform (Glorot and Bengio, 2010) and biases at zero, as row L11 has its hidden layer. Without
    a hidden layer weights start at zero too: the loss is convex, and the noise of another start would stay to be seen
    wherever a pixel never changes.
    """

    @validate_call
    def __init__(
        self,
        *,
        mean: list[float],
        std: list[float],
        image_pixels: int,
        n_classes: int,
        hidden: list[Width],
        activation: Literal["tanh", "relu"],
    ):
        """Make fresh weights.

        Args:
            mean, std: of each channel over the training part, in [0, 1]; their length is the number of channels
            image_pixels: side of the square images
            n_classes: number of logits
            hidden: width of each hidden layer; with none, the net is softmax regression
        """
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(-1, 1, 1))
        self.register_buffer("std", torch.tensor(std).view(-1, 1, 1))
        widths = [len(mean) * image_pixels**2, *hidden, n_classes]
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))
        for layer in self.layers:
            nn.init.xavier_uniform_(layer.weight, gain=1.0 if hidden else 0.0)
            nn.init.zeros_(layer.bias)
        self.activation = ACTIVATIONS[activation]

    def hidden_outputs(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """The output of each hidden layer after its activation, first layer first.

        Args:
            pixels: float32 (N, C * H * W), standardised

        Returns:
            float (N, width) each
        """
        outputs = []
        for layer in self.layers[:-1]:
            pixels = self.activation(layer(pixels))
            outputs.append(pixels)
        return outputs

    def standardise(self, images: torch.Tensor) -> torch.Tensor:
        """Pixels as the first layer takes them, (N, C * H * W), of float32 images (N, C, H, W) in [0, 1]."""
        return (images - self.mean).div_(self.std).flatten(1)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """The vector that enters the last layer, of float32 images (N, C, H, W) in [0, 1]."""
        pixels = self.standardise(images)
        return [pixels, *self.hidden_outputs(pixels)][-1]

    def classify(self, pixels: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of standardised pixels (N, C * H * W)."""
        return self.layers[-1]([pixels, *self.hidden_outputs(pixels)][-1])

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 images (N, C, H, W) in [0, 1]."""
        return self.classify(self.standardise(images))
