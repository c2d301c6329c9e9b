"""VGG16 (Simonyan and Zisserman, 2014), with the names and shapes of torchvision's.

Its convolutions use Winograd's minimal filtering (Lavin and Gray, 2016), which needs fewer products and rounds
differently: a map is cut into tiles of m x m outputs, each of which depends on (m + 2) x (m + 2) inputs. In the bases
of the paper's equation 8 the convolution of a tile is one product for each of these inputs instead of 9 m^2: with m = 4
a quarter as many. For each input, all tiles and channels are one matrix product.
"""

from functools import cache, partial
from itertools import pairwise, product

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.function import FunctionCtx, once_differentiable

from vision.nets.inference import (
    CHANNELS,
    Linear,
    PretrainedNet,
    Standardise,
    convolve,
    dense_layers,
    draw_he_normal,
    run_all,
)  # fmt: skip

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # number of convolutions, and their channels
MIN_PIXELS = 32  # five poolings leave one pixel
MAX_POOLED = 7  # pixels after the last pooling that the head takes, those of an image of 224
# By m: B' for inputs, G for kernels, A' for outputs (sections 4.1 and 4.3).
BASES = {
    2: (
        [[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
        [[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]],
        [[1, 1, 1, 0], [0, 1, -1, -1]],
    ),
    4: (
        [
            [4, 0, -5, 0, 1, 0], [0, -4, -4, 1, 1, 0], [0, 4, -4, -1, 1, 0],
            [0, -2, -1, 2, 1, 0], [0, 2, -1, -2, 1, 0], [0, 4, 0, -5, 0, 1],
        ],
        [
            [1 / 4, 0, 0], [-1 / 6, -1 / 6, -1 / 6], [-1 / 6, 1 / 6, -1 / 6],
            [1 / 24, 1 / 12, 1 / 6], [1 / 24, -1 / 12, 1 / 6], [0, 0, 1],
        ],
        [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
    ),
}  # fmt: skip
MIN_CHANNELS = 128  # of inputs; with fewer, the change of basis takes longer than it saves
MIN_SIDE = 3  # pixels of a map


class VGG16(PretrainedNet):
    """Thirteen convolutions and a head, for images of any size.

    The head is a linear layer on the mean of each channel, or three with dropout on the outputs of the last pooling, up
    to 7 x 7 pixels: torchvision's head at 224 pixels and with 4,096 units; of 28 or 32 pixels one is left.
    """

    head_parts, early = ("avgpool", "classifier"), 3

    def __init__(
        self, *, mean: list[float], std: list[float], shape: list[int], n_classes: int,
        norms: bool, head: str, dense_units: int,
    ):  # fmt: skip
        """Draw He-normal weights; torchvision's of linear layers, of std 0.01, would be too small for 512 inputs.

        With `norms` a batch norm follows each convolution; `head` is linear or dense, with two hidden layers.
        """
        super().__init__(mean, std, shape)
        small = min(shape[1:]) < MIN_PIXELS
        self.features = Features(self.standardise, norms)
        sides = [min(MAX_POOLED, -(-pixels // 32) if small else pixels // 32) for pixels in shape[1:]]
        if head == "linear":
            self.avgpool, self.classifier = Pool(1), Linear(BLOCKS[-1][1], n_classes)
            layers = {"pooled": "avgpool", "logits": "classifier"}
        else:
            self.avgpool = Pool(sides)
            self.classifier = dense_layers(BLOCKS[-1][1] * sides[0] * sides[1], dense_units, dense_units, n_classes)
            layers = {f"hidden_{number}": f"classifier.{3 * number - 2}" for number in (1, 2)}
            layers = {"pooled": "avgpool", **layers, "logits": "classifier.6"}
        self.layers = {f"features_{number}": f"features.{number}" for number in range(len(self.features))} | layers
        draw_he_normal(self)
        self.to(memory_format=torch.channels_last)

    @property
    def backbone(self) -> list[nn.Module]:
        """The five blocks below the head, first to last, each with its pooling."""
        layers = list(self.features)
        ends = [number for number, layer in enumerate(layers, 1) if isinstance(layer, nn.MaxPool2d)]
        return [nn.Sequential(*layers[start:end]) for start, end in pairwise([0, *ends])]


class Features(nn.Sequential):
    """The layers below the head, 31 or 44 with norms, by torchvision's numbers; they standardise the images."""

    def __init__(self, standardise: Standardise, norms: bool):
        super().__init__()
        self.entry = (standardise,)  # in a tuple, so that it is no submodule and has one name in the state dict
        width = CHANNELS
        for count, channels in BLOCKS:
            for _ in range(count):
                self.append(Conv3x3(width, channels))
                self.extend([nn.BatchNorm2d(channels), nn.ReLU()] if norms else [nn.ReLU()])  # not in place
                width = channels
            self.append(nn.MaxPool2d(2))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Outputs of the last pooling, (N, 512, H / 32, W / 32), of images (N, C, H, W) in [0, 1].

        Sizes are rounded down, as by torchvision, but up for images below 32 pixels.
        """
        (standardise,) = self.entry
        for layer in self:
            if isinstance(layer, nn.MaxPool2d):
                layer.ceil_mode = min(images.shape[2:]) < MIN_PIXELS
        images = standardise(images.expand(-1, CHANNELS, -1, -1))
        return super().forward(images.contiguous(memory_format=torch.channels_last))


class Pool(nn.AdaptiveAvgPool2d):
    """Adaptive average pooling, flattened."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Means (N, C * h * w) of maps (N, C, H, W)."""
        return super().forward(maps).flatten(1)


class Conv3x3(nn.Conv2d):
    """A torch.nn.Conv2d with kernels of 3 x 3 and a padding of 1, by Winograd's algorithm where it is faster."""

    def __init__(self, channels: int, outputs: int):
        super().__init__(channels, outputs, 3, padding=1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps (N, outputs, H, W) of maps (N, channels, H, W)."""
        if maps.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            return super().forward(maps)
        direct = self.in_channels < MIN_CHANNELS or min(maps.shape[2:]) < MIN_SIDE
        outputs = convolve(maps, self) if direct else _Convolution.apply(maps, self.weight)
        return outputs + self.bias[:, None, None]


class _Convolution(torch.autograd.Function):
    """The convolution of maps (N, C, H, W) and kernels (O, C, 3, 3): (N, O, H, W), with both gradients."""

    @staticmethod
    def forward(context: FunctionCtx, maps: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        height, width = maps.shape[2:]
        m = min(BASES, key=lambda m: -(-height // m) * -(-width // m) * (m + 2) ** 2)
        of_inputs, of_kernels, of_outputs = bases(m, maps.numpy().dtype)
        kernels = _product(of_kernels, weight.detach().permute(2, 3, 0, 1))  # (m + 2)^2, O, C
        inputs = _product(of_inputs, _tiles(maps.detach(), m))  # (m + 2)^2, tiles, C
        context.save_for_backward(*map(torch.from_numpy, (inputs, kernels)))
        context.m, context.shape = m, maps.shape
        outputs = _products(inputs, kernels.swapaxes(1, 2))
        return _joined(_product(of_outputs, torch.from_numpy(outputs)), m, (len(maps), height, width))

    @staticmethod
    @once_differentiable
    def backward(context: FunctionCtx, gradient: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        inputs, kernels = (saved.numpy() for saved in context.saved_tensors)
        of_inputs, of_kernels, of_outputs = bases(context.m, inputs.dtype)
        outputs = _product(of_outputs.T, _cut(gradient, context.m))  # (m + 2)^2, tiles, O
        of_maps = of_weight = None
        if context.needs_input_grad[0]:
            of_tiles = _product(of_inputs.T, torch.from_numpy(_products(outputs, kernels)))
            of_maps = _overlapped(of_tiles, context.m, context.shape)
        if context.needs_input_grad[1]:
            products = _products(outputs.swapaxes(1, 2), inputs)
            of_weight = torch.from_numpy(_product(of_kernels.T, torch.from_numpy(products)))
            of_weight = of_weight.unflatten(0, (3, 3)).permute(2, 3, 0, 1).contiguous(memory_format=torch.channels_last)
        return of_maps, of_weight


@cache
def bases(m: int, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The changes of basis in two dimensions: ((m + 2)^2, (m + 2)^2), ((m + 2)^2, 9) and (m^2, (m + 2)^2)."""
    return tuple(np.kron(basis, basis).astype(dtype) for basis in map(np.array, BASES[m]))


def _product(basis: np.ndarray, values: torch.Tensor) -> np.ndarray:
    """The basis (K, L) times values with L elements in their leading axes, (..., A, C): (K, A, C)."""
    rows = values.reshape(basis.shape[1], -1).numpy()
    width = -(-rows.shape[1] // torch.get_num_threads())
    products = np.empty((len(basis), rows.shape[1]), rows.dtype)
    parts = [slice(start, start + width) for start in range(0, rows.shape[1], width)]
    run_all([partial(np.matmul, basis, rows[:, part], out=products[:, part]) for part in parts])
    return products.reshape(len(basis), -1, values.shape[-1])


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Products (K, A, B) of K pairs of matrices, (K, A, C) and (K, C, B), each on one thread."""
    products = np.empty((len(left), left.shape[1], right.shape[2]), left.dtype)
    run_all([partial(np.matmul, *pair, out=out) for *pair, out in zip(left, right, products, strict=True)])
    return products


def _tiles(maps: torch.Tensor, m: int) -> torch.Tensor:
    """The inputs of each tile, (m + 2, m + 2, N, tiles down, tiles across, C), a view of a padded copy."""
    height, width = maps.shape[2:]
    padded = F.pad(maps.permute(0, 2, 3, 1), (0, 0, 1, 1 + -width % m, 1, 1 + -height % m))
    return padded.unfold(1, m + 2, m).unfold(2, m + 2, m).permute(4, 5, 0, 1, 2, 3)


def _overlapped(tiles: np.ndarray, m: int, shape: torch.Size) -> torch.Tensor:
    """Maps (N, C, H, W), sums of overlapping tiles: the transpose of _tiles."""
    n, channels, height, width = shape
    down, across = -(-height // m), -(-width // m)
    values = torch.from_numpy(tiles).view(m + 2, m + 2, n, down, across, channels)
    border = values.new_zeros(n, m * down + 2, m * across + 2, channels)
    for row, column in product(range(m + 2), repeat=2):
        border[:, row : row + m * down : m, column : column + m * across : m] += values[row, column]
    return border[:, 1 : height + 1, 1 : width + 1].permute(0, 3, 1, 2)


def _cut(maps: torch.Tensor, m: int) -> torch.Tensor:
    """Maps (N, O, H, W) in tiles, (m, m, N, tiles down, tiles across, O), padded with 0."""
    _, _, height, width = maps.shape
    padded = F.pad(maps.permute(0, 2, 3, 1), (0, 0, 0, -width % m, 0, -height % m))
    return padded.unflatten(2, (-1, m)).unflatten(1, (-1, m)).permute(2, 4, 0, 1, 3, 5)


def _joined(tiles: np.ndarray, m: int, size: tuple[int, int, int]) -> torch.Tensor:
    """Maps (N, O, H, W) from their tiles: the inverse of _cut."""
    n, height, width = size
    values = torch.from_numpy(tiles).view(m, m, n, -(-height // m), -(-width // m), tiles.shape[-1])
    maps = values.permute(2, 3, 0, 4, 1, 5).flatten(3, 4).flatten(1, 2)
    return maps[:, :height, :width].permute(0, 3, 1, 2)
