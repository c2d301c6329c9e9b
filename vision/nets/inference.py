"""Shared parts of networks, predictions in batches, and outputs of layers."""

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from itertools import pairwise
from itertools import product as product_of
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.function import FunctionCtx, once_differentiable
from tqdm import tqdm

from vision.data.dataset import Samples
from vision.pipeline.errors import UserError

INFERENCE_BATCH = 250  # larger batches do not fit in the processor's cache and are slower
CHANNELS = 3  # of published weights; grey images are repeated
DROPOUT = 0.5
PARALLEL = 2**23  # multiplications of a matrix product from which on it is worth several threads


class Standardise(nn.Module):
    """Subtract each channel's mean and divide by its standard deviation."""

    def __init__(self, mean: list[float], std: list[float], shape: list[int]):
        """Take mean and std of each channel (C,) of images (C, H, W), or of each feature (D,)."""
        super().__init__()
        view = [-1] + [1] * (len(shape) - 1)
        self.register_buffer("mean", torch.tensor(mean).view(view))
        self.register_buffer("std", torch.tensor(std).view(view))

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Standardise float32 inputs (N, *shape)."""
        return (inputs - self.mean).div_(self.std)


class Linear(nn.Linear):
    """A torch.nn.Linear whose products NumPy computes, where it can."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Outputs (N, n_out) of float32 inputs (N, n_in)."""
        return product(inputs, self.weight).add_(self.bias)


def product(inputs: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """inputs @ weight.T, (N, n_out), of float32 inputs (N, n_in) and a weight (n_out, n_in); by NumPy on the CPU.

    The bits of torch's products, by MKL, depend on the processor's maker; those of NumPy's, by OpenBLAS, do not.
    """
    if inputs.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
        return F.linear(inputs, weight)
    return _Product.apply(inputs, weight)


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(context: FunctionCtx, inputs: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(inputs, weight)
        return _multiply(inputs.detach(), weight.detach().T)

    @staticmethod
    @once_differentiable
    def backward(context: FunctionCtx, gradient: torch.Tensor) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        inputs, weight = context.saved_tensors
        by_inputs = _multiply(gradient, weight) if context.needs_input_grad[0] else None
        by_weight = _multiply(gradient.T, inputs) if context.needs_input_grad[1] else None
        return by_inputs, by_weight


def _multiply(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    """left @ right; each thread computes some of the columns."""
    left, right = left.numpy(), right.numpy()
    products = np.empty((len(left), right.shape[1]), left.dtype)
    parts = torch.get_num_threads() if products.size * len(right) > PARALLEL else 1
    width = -(-right.shape[1] // parts)
    columns = [slice(start, start + width) for start in range(0, right.shape[1], width)]
    run_all([partial(np.matmul, left, right[:, part], out=products[:, part]) for part in columns])
    return torch.from_numpy(products)


def run_all(calls: list[Callable[[], object]]) -> None:
    """Make all calls on as many threads as torch has, since NumPy's products have one thread each."""
    list(_pool(torch.get_num_threads()).map(lambda call: call(), calls))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="products")


def convolve(maps: torch.Tensor, layer: nn.Conv2d) -> torch.Tensor:
    """The layer's convolution, without its bias, of maps (N, C, H, W): a product if all outputs see all inputs.

    On such small maps most of the weights would be multiplied by padding: of 3 x 3, at 2 x 2 pixels 5 of 9.
    """
    sides = [_seen(*side) for side in zip(maps.shape[2:], layer.kernel_size, layer.stride, layer.padding, strict=True)]
    if not all(sides) or maps.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
        return F.conv2d(maps, layer.weight, None, layer.stride, layer.padding)
    (height, tops), (width, lefts) = sides
    matrix = _Unrolled.apply(layer.weight, (height, width), list(product_of(tops, lefts)))
    outputs = product(maps.permute(0, 2, 3, 1)[:, :height, :width].flatten(1), matrix)
    return outputs.view(len(maps), len(tops), len(lefts), layer.out_channels).permute(0, 3, 1, 2)


def _seen(pixels: int, size: int, stride: int, padding: int) -> tuple[int, list[int]] | None:
    """How many pixels of a side the outputs see, and at which weight each output's kernel starts; None if not all."""
    starts = [padding - stride * output for output in range((pixels + 2 * padding - size) // stride + 1)]
    seen = pixels if len(starts) > 1 else min(pixels, size - padding)
    return (seen, starts) if min(starts) >= 0 and max(starts) + seen <= size else None


class _Unrolled(torch.autograd.Function):
    """Kernels (O, C, K, K) as a matrix (n * O, H * W * C) of n parts of them, of H x W weights from n corners on."""

    @staticmethod
    def forward(
        context: FunctionCtx, weight: torch.Tensor, size: tuple[int, int], corners: list[tuple[int, int]]
    ) -> torch.Tensor:
        context.shape, context.size, context.corners = weight.permute(0, 2, 3, 1).shape, size, corners
        return torch.cat([part.flatten(1) for part in _Unrolled.parts(context, weight.permute(0, 2, 3, 1))])

    @staticmethod
    def parts(context: FunctionCtx, weight: torch.Tensor) -> list[torch.Tensor]:
        """Views of weights (O, K, K, C)."""
        height, width = context.size
        return [weight[:, top : top + height, left : left + width] for top, left in context.corners]

    @staticmethod
    @once_differentiable
    def backward(context: FunctionCtx, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        by_weight = gradient.new_zeros(context.shape)
        for part, rows in zip(_Unrolled.parts(context, by_weight), gradient.chunk(len(context.corners)), strict=True):
            part += rows.view(part.shape)
        return by_weight.permute(0, 3, 1, 2), None, None


class PretrainedNet(nn.Module):
    """A network with the backbone of one of torchvision's, so that its weights fit, and another head.

    Subclasses have `features(images)`, the input of the head, and `backbone`, the modules below it, first to last.
    `update_batchnorm` is whether the backbone's norms update their statistics in training.
    """

    head_parts: ClassVar[tuple[str, str]]  # names of the head's modules
    early: ClassVar[int]  # how many modules of the backbone are early layers, as fastai divides them

    def __init__(self, mean: list[float], std: list[float], shape: list[int]):
        """Take the statistics of the images that the backbone was trained on; one number for grey images.

        A UserError, if the inputs are not images of one or three channels.
        """
        super().__init__()
        self.name = type(self).__name__.lower()
        if len(shape) != 3 or shape[0] not in (1, CHANNELS):
            raise UserError(f"net {self.name}: its inputs have shape {shape}: should be images of one channel or three")
        self.standardise, self.update_batchnorm = Standardise(mean, std, shape), True

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits (N, n_classes) of float32 images (N, C, H, W) in [0, 1].

        A UserError, if the batch has one image in training, so that batch norms are undefined.
        """
        norms = nn.BatchNorm1d | nn.BatchNorm2d
        if self.training and len(images) == 1 and any(isinstance(module, norms) for module in self.modules()):
            raise UserError(f"net {self.name}: a batch of one image cannot be normalised; choose another batch_size")
        pool, classifier = (getattr(self, name) for name in self.head_parts)
        return classifier(pool(self.features(images)))

    def train(self, mode: bool = True) -> "PretrainedNet":
        """Switch to training; without `update_batchnorm`, the backbone stays in evaluation mode."""
        super().train(mode)
        for part in () if self.update_batchnorm else self.backbone:
            part.eval()
        return self


def dense_layers(*widths: int) -> nn.Sequential:
    """Linear layers of these widths, inputs first; ReLU and dropout after each but the last."""
    *hidden, last = (Linear(*pair) for pair in pairwise(widths))
    return nn.Sequential(*(part for layer in hidden for part in (layer, nn.ReLU(), nn.Dropout(DROPOUT))), last)


def draw_he_normal(net: nn.Module) -> None:
    """Draw He-normal weights (He et al., 2015), of convolutions by their outputs, as torchvision; biases are 0."""
    for layer in weighted_layers(net):
        mode = "fan_out" if isinstance(layer, nn.Conv2d) else "fan_in"
        nn.init.kaiming_normal_(layer.weight, mode=mode, nonlinearity="relu")
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def to_device(net: Any, device: str) -> Any:
    """Move a torch network to a device; a network of another kind stays on the CPU."""
    return net.to(device) if isinstance(net, nn.Module) else net


def predict(net: Any, samples: Samples, *, half_size: bool = False) -> np.ndarray:
    """Logits, float32 (N, n_classes); computed in float32 outside of autocast; of images of half the size if asked."""
    if not isinstance(net, nn.Module):
        return np.asarray(net.logits(samples.rows), np.float32)
    function = nn.Sequential(nn.AvgPool2d(2), net) if half_size else net
    return in_batches(function.eval(), samples, next(net.parameters()).device)


@torch.inference_mode()
def in_batches(function: Callable[[torch.Tensor], torch.Tensor], samples: Samples, device: torch.device) -> np.ndarray:
    """Apply `function` to float32 inputs (N, *shape), pixels in [0, 1], in batches; outputs in order."""
    batches = torch.from_numpy(samples.inputs).split(INFERENCE_BATCH)
    batches = tqdm(batches, "batches of images", leave=False, disable=None, delay=5)  # only where someone waits
    return torch.cat([function(batch.to(device).float() / samples.scale).float().cpu() for batch in batches]).numpy()


def count_parameters(net: Any) -> int:
    """Number of trainable parameters of a network."""
    return sum(math.prod(parameter.shape) for parameter in net.parameters())


def capture_activations(net: nn.Module, samples: Samples, *labels: str) -> dict[str, np.ndarray]:
    """The outputs, float32 (N, ...), of the layers with these labels, in the order of `net.layers`; by default of all.

    A UserError, if the network has no such layer.
    """
    if unknown := set(labels) - set(net.layers):
        raise UserError(f"{type(net).__name__} has no layer {min(unknown)!r}; allowed: {', '.join(net.layers)}")
    outputs = {label: [] for label in net.layers if label in labels or not labels}

    def append_to(label: str):  # a copy, since a later layer may work in place
        return lambda module, inputs, output: outputs[label].append(output.detach().float().cpu().clone())

    hooks = [net.get_submodule(net.layers[label]).register_forward_hook(append_to(label)) for label in outputs]
    try:
        predict(net, samples)
    finally:
        for hook in hooks:
            hook.remove()
    return {label: torch.cat(batches).numpy() for label, batches in outputs.items()}


def last_features(net: nn.Module) -> str:
    """The label of the layer whose output is the input of the last layer; a UserError, if there is one layer."""
    if len(net.layers) < 2:
        raise UserError(f"{type(net).__name__} has no layer before its last one; give it a hidden layer")
    return list(net.layers)[-2]


def weighted_layers(net: nn.Module) -> list[nn.Linear | nn.Conv2d]:
    """The linear and convolutional layers, first to last."""
    return [module for module in net.modules() if isinstance(module, nn.Linear | nn.Conv2d)]
