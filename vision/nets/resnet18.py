"""ResNet-18 (He et al., 2015), with the names, shapes and arithmetic of torchvision's (rows H3, H4)."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import nn

from vision.nets.inference import Linear, Standardise, product
from vision.pipeline.errors import UserError

STAGES = {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512}  # of two blocks each, and their channels
HEAD_UNITS = 512
CHANNELS = 3  # grey images are repeated: the published weights are of colour images


class ResNet18(nn.Module):
    """Eighteen layers with weights, of which seventeen convolutions; images of any size, 32 times smaller at the end.

    The eight children of the backbone have torchvision's names, so that torchvision's weights fit. Its head is either
    torchvision's, one linear layer on the mean of each channel, or, as `concat_pool`, the one of fastai version 1: the
    maximum and the mean of each channel, and two linear layers with norms and dropout (row H4).
    """

    layers: ClassVar = {name: name for name in ("conv1", "bn1", "relu", "maxpool", *STAGES)}

    def __init__(self, *, mean: list[float], std: list[float], shape: list[int], n_classes: int, head: str):
        """Make fresh weights, of convolutions as torchvision does, by He's rule for what they give.

        Args:
            mean, std: of each channel in [0, 1], of the images that the backbone learned from; one for grey images
            shape: (C, H, W) of the images, of one channel or three
            n_classes: number of logits
            head: linear or concat_pool

        Raises:
            UserError: the inputs are no such images
        """
        super().__init__()
        if len(shape) != 3 or shape[0] not in (1, CHANNELS):
            raise UserError(f"net resnet18: its inputs have shape {shape}: should be images of one channel or three")
        self.standardise = Standardise(mean, std, shape)
        self.conv1 = Convolution(CHANNELS, 64, 7, 2)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU()
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        width = 64
        for name, channels in STAGES.items():
            setattr(self, name, nn.Sequential(Block(width, channels), Block(channels, channels)))
            width = channels
        for module in self.modules():
            if isinstance(module, Convolution):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if head == "linear":
            self.pool, self.fc = MeanPool(), Linear(width, n_classes)
            layers = {"pooled": "pool", "logits": "fc"}
        else:
            self.pool, self.fc = ConcatPool(), concat_pool_head(2 * width, n_classes)
            # Before the dropouts, which change nothing in evaluation, and each by what it is (bug B2.4).
            layers = {"pooled": "pool", "hidden": "fc.2", "hidden_norm": "fc.4", "logits": "fc.6"}
        self.layers = self.layers | layers
        self.update_batchnorm = True
        self.to(memory_format=torch.channels_last)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 images (N, C, H, W) in [0, 1].

        Raises:
            UserError: one image alone, while training: its norms would have nothing to compare it with
        """
        if self.training and len(images) == 1:
            raise UserError("net resnet18: a batch of one image cannot be normalised; choose another batch_size")
        return self.fc(self.pool(self.features(images)))

    def features(self, images: torch.Tensor) -> torch.Tensor:
        """What the last convolution gives, (N, 512, H / 32, W / 32), rounded up."""
        images = images.expand(-1, CHANNELS, -1, -1)
        x = self.standardise(images).contiguous(memory_format=torch.channels_last)
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        for name in STAGES:
            x = getattr(self, name)(x)
        return x

    @property
    def backbone(self) -> list[nn.Module]:
        """The children below the head, first to last."""
        return [self.get_submodule(name) for name in ("conv1", "bn1", *STAGES)]

    def train(self, mode: bool = True) -> "ResNet18":
        """Switch to training; with `update_batchnorm` false the backbone's norms keep their means and variances (bug B2.13)."""
        super().train(mode)
        if not self.update_batchnorm:
            for part in self.backbone:
                part.eval()
        return self


class Convolution(nn.Conv2d):
    """A convolution without a bias that leaves out the part of its kernel that can only meet the padding.

    In the last layers of a small image a kernel of 3 x 3 pixels stands on a map of one or two: most of it meets zeros.
    What is left is one product, the same numbers several times as fast.
    """

    def __init__(self, channels: int, outputs: int, size: int, stride: int = 1):
        super().__init__(channels, outputs, size, stride, size // 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Maps (N, outputs, h, w) of maps (N, channels, H, W)."""
        (size, _), (stride, _), (padding, _) = self.kernel_size, self.stride, self.padding
        height, width = x.shape[2:]
        if max(height, width) + 2 * padding - size >= stride:  # more than one pixel comes out
            return super().forward(x)
        rows, columns = min(height, size - padding), min(width, size - padding)
        met = self.weight[:, :, padding : padding + rows, padding : padding + columns]
        return product(x[:, :, :rows, :columns].flatten(1), met.flatten(1))[:, :, None, None]


class Block(nn.Module):
    """Two convolutions and a way around them; the first halves the map where the channels grow."""

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
        """Maps (N, outputs, h, w) of maps (N, channels, H, W), none below 0."""
        around = self.downsample(x) if hasattr(self, "downsample") else x
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + around)


class MeanPool(nn.Module):
    """The mean of each channel."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Means (N, C) of maps (N, C, H, W)."""
        return maps.mean((2, 3))


class ConcatPool(nn.Module):
    """The maximum and the mean of each channel; of a map of one pixel they are the same (bug B2.5)."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maxima, then means (N, 2 C) of maps (N, C, H, W)."""
        return torch.cat([maps.amax((2, 3)), maps.mean((2, 3))], dim=1)


def concat_pool_head(features: int, n_classes: int) -> nn.Sequential:
    """The head of fastai version 1 after its pooling: He's normal weights, biases of 0 (row H4)."""
    first, second = Linear(features, HEAD_UNITS), Linear(HEAD_UNITS, n_classes)
    for linear in (first, second):
        nn.init.kaiming_normal_(linear.weight)
        nn.init.zeros_(linear.bias)
    norms = nn.BatchNorm1d(features), nn.BatchNorm1d(HEAD_UNITS)
    return nn.Sequential(norms[0], nn.Dropout(0.25), first, nn.ReLU(), norms[1], nn.Dropout(0.5), second)
