"""VGG16 (Simonyan and Zisserman, 2014), with the names, shapes and arithmetic of torchvision's (rows F9, F15-F17).

Its convolutions go by Winograd's minimal filtering (Lavin and Gray, 2016), which takes fewer products and rounds
otherwise: a map is cut into tiles of m x m outputs, each of which sees (m + 2) x (m + 2) inputs. In the bases of the
paper's equation 8 a convolution of such a tile is one product for each of these inputs, where its definition takes
9 m^2: with m = 4 a quarter as many. For each of them, all tiles and channels are one product of matrices.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.function import FunctionCtx, once_differentiable

from vision.nets.inference import Linear, Standardise
from vision.pipeline.errors import UserError

BLOCKS = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))  # convolutions of each block, and their channels
SMALLEST_HALVED = 32  # pixels: five poolings leave one
POOLED = 7  # pixels: of an image of 224, what the last pooling leaves
DROPOUT = 0.5
CHANNELS = 3  # grey images are repeated: the published weights are of colour images
# By m: B' of inputs, G of kernels, A' of outputs (sections 4.1 and 4.3).
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
FEWEST_CHANNELS = 128  # of inputs; with fewer, changing the basis takes longer than it saves
SMALLEST = 2  # pixels of a map


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
            mean, std: of each channel in [0, 1], of the images that the backbone learned from; one for grey images
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
        self.features = Features(self.standardise, _layers(norms))
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
        self.layers = {f"features_{number}": f"features.{number}" for number in range(len(self.features))} | layers
        self.norms, self.update_batchnorm = norms, True
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
    def backbone(self) -> list[nn.Module]:
        """The five blocks below the head, first to last, each up to its pooling."""
        layers = list(self.features)
        ends = [number for number, layer in enumerate(layers, 1) if isinstance(layer, nn.MaxPool2d)]
        return [nn.Sequential(*layers[start:end]) for start, end in pairwise([0, *ends])]

    def train(self, mode: bool = True) -> "VGG16":
        """Switch to training; with `update_batchnorm` false the backbone's norms keep their means and variances (bug B2.13)."""
        super().train(mode)
        if not self.update_batchnorm:
            self.features.eval()
        return self


class Features(nn.Sequential):
    """The layers below the head, by torchvision's numbers; images enter them standardised, once."""

    def __init__(self, standardise: Standardise, layers: list[nn.Module]):
        super().__init__(*layers)
        self.entry = (standardise,)  # in a tuple: it stays the network's alone, and has one name among the weights

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """What the last pooling leaves, (N, 512, H / 32, W / 32), of images (N, C, H, W) in [0, 1].

        Rounded down as torchvision does; of images below 32 pixels, of which nothing would be left, up.
        """
        (standardise,) = self.entry
        for layer in self:
            if isinstance(layer, nn.MaxPool2d):
                layer.ceil_mode = min(images.shape[2:]) < SMALLEST_HALVED
        images = standardise(images.expand(-1, CHANNELS, -1, -1))
        return super().forward(images.contiguous(memory_format=torch.channels_last))


class Pool(nn.AdaptiveAvgPool2d):
    """Means of as many parts of the map as the head takes, in one row: pixel after pixel of each channel."""

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Means (N, C * h * w) of maps (N, C, H, W)."""
        return super().forward(maps).flatten(1)


def _layers(norms: bool) -> list[nn.Module]:
    """torchvision's `features`: 31 layers, or 44 with norms. The ReLUs overwrite nothing, unlike there (bug B2.2)."""
    layers: list[nn.Module] = []
    width = CHANNELS
    for count, channels in BLOCKS:
        for _ in range(count):
            layers.append(Conv3x3(width, channels))
            layers += [nn.BatchNorm2d(channels), nn.ReLU()] if norms else [nn.ReLU()]
            width = channels
        layers.append(nn.MaxPool2d(2))
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


class Conv3x3(nn.Conv2d):
    """A torch.nn.Conv2d of kernels 3 x 3 with a border of 1, whose maps keep their size."""

    def __init__(self, channels: int, outputs: int):
        super().__init__(channels, outputs, 3, padding=1)

    def forward(self, maps: torch.Tensor) -> torch.Tensor:
        """Maps (N, outputs, H, W) of maps (N, channels, H, W); on the CPU, where it pays, by Winograd's algorithm."""
        few = self.in_channels < FEWEST_CHANNELS or min(maps.shape[2:]) < SMALLEST
        if few or maps.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            return super().forward(maps)
        return _Convolution.apply(maps, self.weight) + self.bias[:, None, None]


class _Convolution(torch.autograd.Function):
    """Maps of maps and kernels, (N, O, H, W) of (N, C, H, W) and (O, C, 3, 3), with both gradients."""

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
    """The basis (K, L) by values of L elements in their leading axes, (..., A, C): (K, A, C)."""
    rows = values.reshape(basis.shape[1], -1).numpy()
    parts = -(-rows.shape[1] // torch.get_num_threads())
    made = np.empty((len(basis), rows.shape[1]), rows.dtype)
    starts = range(0, rows.shape[1], parts)
    _each([partial(np.matmul, basis, rows[:, at : at + parts], out=made[:, at : at + parts]) for at in starts])
    return made.reshape(len(basis), -1, values.shape[-1])


def _products(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Products (K, A, B) of K pairs of matrices, (K, A, C) and (K, C, B); each by one thread."""
    made = np.empty((len(left), left.shape[1], right.shape[2]), left.dtype)
    _each([partial(np.matmul, *pair, out=out) for *pair, out in zip(left, right, made, strict=True)])
    return made


def _each(calls: list[Callable[[], object]]) -> None:
    """Make all calls on as many threads as torch has: NumPy's products have one thread each while torch computes."""
    for _ in _pool(torch.get_num_threads()).map(lambda call: call(), calls):
        pass


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="winograd")


def _tiles(maps: torch.Tensor, m: int) -> torch.Tensor:
    """What each tile sees, (m + 2, m + 2, N, tiles down, tiles across, C), a view of a copy with its border."""
    n, channels, height, width = maps.shape
    down, across = -(-height // m), -(-width // m)
    border = maps.new_zeros(n, m * down + 2, m * across + 2, channels)
    border[:, 1 : height + 1, 1 : width + 1] = maps.permute(0, 2, 3, 1)
    images, rows, columns, _ = border.stride()
    return border.as_strided(
        (m + 2, m + 2, n, down, across, channels), (rows, columns, images, m * rows, m * columns, 1)
    )


def _overlapped(tiles: np.ndarray, m: int, shape: torch.Size) -> torch.Tensor:
    """Maps (N, C, H, W) whose pixels are the sums of the tiles' values that lie on them: the transpose of _tiles."""
    n, channels, height, width = shape
    down, across = -(-height // m), -(-width // m)
    values = torch.from_numpy(tiles).view(m + 2, m + 2, n, down, across, channels)
    border = values.new_zeros(n, m * down + 2, m * across + 2, channels)
    for row in range(m + 2):
        for column in range(m + 2):
            border[:, row : row + m * down : m, column : column + m * across : m] += values[row, column]
    return border[:, 1 : height + 1, 1 : width + 1].permute(0, 3, 1, 2)


def _cut(maps: torch.Tensor, m: int) -> torch.Tensor:
    """Maps (N, O, H, W) in tiles, (m, m, N, tiles down, tiles across, O); beyond their edges they are 0."""
    _, _, height, width = maps.shape
    padded = F.pad(maps.permute(0, 2, 3, 1), (0, 0, 0, -width % m, 0, -height % m))
    return padded.unflatten(2, (-1, m)).unflatten(1, (-1, m)).permute(2, 4, 0, 1, 3, 5)


def _joined(tiles: np.ndarray, m: int, size: tuple[int, int, int]) -> torch.Tensor:
    """Maps (N, O, H, W) of their tiles: the inverse of _cut."""
    n, height, width = size
    values = torch.from_numpy(tiles).view(m, m, n, -(-height // m), -(-width // m), tiles.shape[-1])
    maps = values.permute(2, 3, 0, 4, 1, 5).flatten(3, 4).flatten(1, 2)
    return maps[:, :height, :width].permute(0, 3, 1, 2)
