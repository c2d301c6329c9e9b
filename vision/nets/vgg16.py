"""VGG16 (Simonyan and Zisserman, 2014), with the names, shapes and arithmetic of torchvision's (rows F9, F15-F17)."""

from itertools import pairwise

import torch
from torch import nn

from vision.nets.inference import Linear, Standardise
from vision.pipeline.errors import UserError

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # convolutions of each block, and their channels
SMALLEST_HALVED = 32  # pixels: five poolings leave one
POOLED = 7  # pixels: of an image of 224, what the last pooling leaves
DROPOUT = 0.5
CHANNELS = 3  # grey images are repeated: the published weights are of colour images


class VGG16(nn.Module):
    """Sixteen layers with weights, of which thirteen convolutions; images of any size, 32 times smaller at the end.

    The layers below the head have torchvision's names, so that torchvision's weights fit, with batch norms and without.
    The head is one linear layer on the mean of each channel, or three, with dropout, on all that the last pooling
    leaves, up to 7 x 7 pixels: at 224 pixels and with 4,096 units torchvision's, at 28 or 32 it sees one pixel.
    """

    def __init__(
        self,
        *,
        mean: list[float],
        std: list[float],
        shape: list[int],
        n_classes: int,
        norms: bool,
        head: str,
        dense_units: int,
    ):
        """Make fresh weights by He's rule: of convolutions, as torchvision does, for what they give.

        Of linear layers it is for what they take. torchvision's own 0.01 is about that for its 25,088 inputs, and lets
        nothing through where there are 512.

        Args:
            mean, std: of each channel in [0, 1], of the images that the trunk learned from; one for grey images
            shape: (C, H, W) of the images, of one channel or three
            n_classes: number of logits
            norms: whether a batch norm follows each convolution
            head: linear or dense
            dense_units: of each of the two layers before the last of a dense head; of a linear one 0

        Raises:
            UserError: the inputs are no such images
        """
        super().__init__()
        if len(shape) != 3 or shape[0] not in (1, CHANNELS):
            raise UserError(f"net vgg16: its inputs have shape {shape}: should be images of one channel or three")
        small = min(shape[1:]) < SMALLEST_HALVED
        self.standardise = Standardise(mean, std, shape)
        self.features = Features(self.standardise, _layers(norms, round_up=small))
        sides = [min(POOLED, -(-pixels // 32) if small else pixels // 32) for pixels in shape[1:]]
        if head == "linear":
            self.avgpool, self.classifier = Pool(1), Linear(BLOCKS[-1][1], n_classes)
            layers = {"pooled": "avgpool", "logits": "classifier"}
        else:
            self.avgpool = Pool(sides)
            self.classifier = _dense(BLOCKS[-1][1] * sides[0] * sides[1], dense_units, n_classes)
            # Before the dropouts, which change nothing in evaluation.
            layers = {"pooled": "avgpool", "hidden_1": "classifier.1", "hidden_2": "classifier.4"}
            layers["logits"] = "classifier.6"
        self.taps = {f"features_{number}": f"features.{number}" for number in range(len(self.features))} | layers
        self.norms, self.norms_learn = norms, True
        _start(self)
        self.to(memory_format=torch.channels_last)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 images (N, C, H, W) in [0, 1].

        Raises:
            UserError: one image alone, while training: norms would have nothing to compare it with
        """
        if self.training and self.norms and len(images) == 1:
            raise UserError("net vgg16: a batch of one image cannot be normalised; choose another batch_size")
        return self.classifier(self.avgpool(self.features(images)))

    @property
    def trunk(self) -> list[nn.Module]:
        """The five blocks below the head, first to last, each up to its pooling."""
        layers = list(self.features)
        ends = [number for number, layer in enumerate(layers, 1) if isinstance(layer, nn.MaxPool2d)]
        return [nn.Sequential(*layers[start:end]) for start, end in pairwise([0, *ends])]

    def train(self, mode: bool = True) -> "VGG16":
        """Switch to training; with `norms_learn` false the trunk's norms keep their means and variances (bug B2.13)."""
        super().train(mode)
        if not self.norms_learn:
            self.features.eval()
        return self


class Features(nn.Sequential):
    """The layers below the head, by torchvision's numbers; images enter them standardised, once."""

    def __init__(self, standardise: Standardise, layers: list[nn.Module]):
        super().__init__(*layers)
        self.entry = (standardise,)  # in a tuple: it stays the network's alone, and has one name among the weights

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """What the last pooling leaves, (N, 512, H / 32, W / 32), of images (N, C, H, W) in [0, 1].

        Rounded down as torchvision does; of networks for images below 32 pixels, which are none of torchvision's, up.
        """
        (standardise,) = self.entry
        images = standardise(images.expand(-1, CHANNELS, -1, -1))
        return super().forward(images.contiguous(memory_format=torch.channels_last))


class Pool(nn.AdaptiveAvgPool2d):
    """Means of as many parts of the map as the head takes, in one row: pixel after pixel of each channel."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Means (N, C * h * w) of maps (N, C, H, W)."""
        return super().forward(maps).flatten(1)


def _layers(norms: bool, round_up: bool) -> list[nn.Module]:
    """torchvision's `features`: 31 layers, or 44 with norms. The ReLUs overwrite nothing, unlike there (bug B2.2)."""
    layers: list[nn.Module] = []
    width = CHANNELS
    for count, channels in BLOCKS:
        for _ in range(count):
            layers.append(nn.Conv2d(width, channels, 3, padding=1))
            layers += [nn.BatchNorm2d(channels), nn.ReLU()] if norms else [nn.ReLU()]
            width = channels
        layers.append(nn.MaxPool2d(2, ceil_mode=round_up))
    return layers


def _dense(features: int, units: int, n_classes: int) -> nn.Sequential:
    """torchvision's `classifier`, of other widths."""
    layers = Linear(features, units), Linear(units, units), Linear(units, n_classes)
    first, second = ([layer, nn.ReLU(), nn.Dropout(DROPOUT)] for layer in layers[:2])
    return nn.Sequential(*first, *second, layers[2])


def _start(net: nn.Module) -> None:
    """He's normal weights (He et al., 2015), and biases of 0."""
    for module in net.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            mode = "fan_out" if isinstance(module, nn.Conv2d) else "fan_in"
            nn.init.kaiming_normal_(module.weight, mode=mode, nonlinearity="relu")
            nn.init.zeros_(module.bias)
