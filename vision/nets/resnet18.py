"""ResNet-18 (He et al., 2015), with the names, shapes and arithmetic of torchvision's."""

import torch
import torch.nn.functional as F
from torch import nn

from vision.nets.inference import CHANNELS, Linear, PretrainedNet, convolve, draw_he_normal

STAGES = {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512}  # channels; each has two blocks
HEAD_UNITS = 512


class ResNet18(PretrainedNet):
    """Seventeen convolutions and a head, for images of any size.

    The head is torchvision's, a linear layer on the mean of each channel, or, as `concat_pool`, that of fastai version
    1: the maximum and the mean of each channel, and two linear layers with norms and dropout.
    """

    head_parts, early = ("pool", "fc"), 4

    def __init__(self, *, mean: list[float], std: list[float], shape: list[int], n_classes: int, head: str):
        """Draw initial weights; the head is linear or concat_pool."""
        super().__init__(mean, std, shape)
        self.conv1 = Convolution(CHANNELS, 64, 7, 2)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        width = 64
        for name, channels in STAGES.items():
            setattr(self, name, nn.Sequential(Block(width, channels), Block(channels, channels)))
            width = channels
        draw_he_normal(self)
        if head == "linear":
            self.pool, self.fc = MeanPool(), Linear(width, n_classes)
            layers = {"pooled": "pool", "logits": "fc"}
        else:
            self.pool, self.fc = ConcatPool(), concat_pool_head(2 * width, n_classes)
            layers = {"pooled": "pool", "hidden": "fc.2", "hidden_norm": "fc.4", "logits": "fc.6"}
        self.layers = {name: name for name in ("conv1", "bn1", "relu", "maxpool", *STAGES)} | layers
        self.to(memory_format=torch.channels_last)

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Outputs of the last convolution, (N, 512, H / 32, W / 32), rounded up."""
        images = images.expand(-1, CHANNELS, -1, -1)
        x = self.standardise(images).contiguous(memory_format=torch.channels_last)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in STAGES:
            x = getattr(self, name)(x)
        return x

    @property
    def backbone(self) -> list[nn.Module]:
        """The modules below the head, first to last."""
        return [self.get_submodule(name) for name in ("conv1", "bn1", *STAGES)]


class Convolution(nn.Conv2d):
    """A convolution without a bias, that keeps the sides of its maps or divides them by the stride."""

    def __init__(self, channels: int, outputs: int, size: int, stride: int = 1):
        super().__init__(channels, outputs, size, stride, size // 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps (N, outputs, h, w) of maps (N, channels, H, W)."""
        return convolve(x, self)


class Block(nn.Module):
    """Two convolutions with a skip connection; the first halves the map where the number of channels grows."""

    def __init__(self, channels: int, outputs: int):
        super().__init__()
        stride = 1 if channels == outputs else 2
        self.conv1 = Convolution(channels, outputs, 3, stride)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = Convolution(outputs, outputs, 3)
        self.bn2 = nn.BatchNorm2d(outputs)
        if stride > 1:
            self.downsample = nn.Sequential(Convolution(channels, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps (N, outputs, h, w) of maps (N, channels, H, W), not negative."""
        skip = self.downsample(x) if hasattr(self, "downsample") else x
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + skip)


class MeanPool(nn.Module):
    """The mean of each channel."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Means (N, C) of maps (N, C, H, W)."""
        return maps.mean((2, 3))


class ConcatPool(nn.Module):
    """The maximum and the mean of each channel."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maxima, then means (N, 2 C) of maps (N, C, H, W)."""
        return torch.cat([maps.amax((2, 3)), maps.mean((2, 3))], dim=1)


def concat_pool_head(features: int, n_classes: int) -> nn.Sequential:
    """The head of fastai version 1 after its pooling."""
    first, second = Linear(features, HEAD_UNITS), Linear(HEAD_UNITS, n_classes)
    norms = nn.BatchNorm1d(features), nn.BatchNorm1d(HEAD_UNITS)
    head = nn.Sequential(norms[0], nn.Dropout(0.25), first, nn.ReLU(), norms[1], nn.Dropout(0.5), second)
    draw_he_normal(head)
    return head
