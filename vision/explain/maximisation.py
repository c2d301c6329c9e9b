"""Images that maximise an output or a filter of a network: random search and activation maximisation."""

import copy

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from vision.pipeline.errors import UserError

CHUNK_IMAGES = 8000  # of noise, in memory at once
EDGE = 1 / 512  # half a grey level: black and white are moved in by that much, as their logits are infinite


@torch.inference_mode()
def random_search(net: nn.Module, shape: list[int], images: int, seed: int) -> tuple[np.ndarray, ...]:
    """Among many images of noise, the one with the highest probability of each class.

    The noise, standard normal, replaces the outputs of `net.standardise`. Returns the images as inputs of the net,
    float32 (n_classes, *shape); their probabilities, float64 (n_classes,); and the highest probability of each of the
    first images, float64 (at most CHUNK_IMAGES,).
    """
    bare, generator = copy.deepcopy(net), torch.Generator().manual_seed(seed)
    bare.standardise = nn.Identity()
    for start in tqdm(range(0, images, CHUNK_IMAGES), "noise", leave=False, disable=None):
        noise = torch.randn(min(CHUNK_IMAGES, images - start), *shape, generator=generator)
        logits = bare(noise).double()
        top = logits.log_softmax(1).max(0)
        if start == 0:
            best, inputs, confidences = top.values, noise[top.indices], logits.softmax(1).amax(1).numpy()
        else:
            better = (top.values > best).view(-1, 1, 1, 1)
            best, inputs = torch.maximum(top.values, best), torch.where(better, noise[top.indices], inputs)
    pixels = inputs.numpy() * net.standardise.std.numpy() + net.standardise.mean.numpy()
    return pixels, best.exp().numpy(), confidences


def maximise_activation(
    net: nn.Module, shape: list[int], n_classes: int, *, steps: int, lr: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each class, an image with a high logit: gradient ascent from grey on the pixels' logits (Erhan et al., 2009).

    Returns the images, float32 (n_classes, *shape), and their probabilities, float64 (n_classes,).
    """
    hidden = torch.zeros(n_classes, *shape, requires_grad=True)
    optimizer = _adam(hidden, lr)
    for _ in range(steps):
        _ascend(optimizer, hidden, net(torch.sigmoid(hidden)).diagonal())
    images = torch.sigmoid(hidden).detach()
    with torch.inference_mode():
        probabilities = net(images).double().softmax(1).diagonal()
    return images.numpy(), probabilities.numpy()


def convolutions(net: nn.Module) -> dict[str, nn.Conv2d]:
    """The convolutions among `net.layers`, by label."""
    modules = {label: net.get_submodule(name) for label, name in net.layers.items()}
    return {label: module for label, module in modules.items() if isinstance(module, nn.Conv2d)}


def convolution(net: nn.Module, layer: str, filters: list[int]) -> nn.Conv2d:
    """A network's convolution with these filters, by its label in `net.layers`."""
    if layer not in (known := convolutions(net)):
        raise UserError(f"explanations.layer is {layer!r}: should be a convolution, one of {', '.join(known)}")
    if max(filters) >= (channels := known[layer].out_channels):
        raise UserError(f"explanations.filters holds {max(filters)}: should be below {channels}, those of {layer}")
    return known[layer]


def maximise_filter(
    net: nn.Module, layer: nn.Conv2d, number: int, images: np.ndarray, *, iterations: int, every: int, lr: float
) -> tuple[np.ndarray, np.ndarray]:
    """Change images (N, C, H, W) so that the mean of a channel of a convolution rises, as in `maximise_activation`.

    Returns the frames, float32 (N, 1 + iterations // every, C, H, W), and the means, float64 (N, 1 + iterations), the
    start's first.
    """
    inside = images.astype(np.float64).clip(EDGE, 1 - EDGE)
    hidden = torch.from_numpy(np.log(inside / (1 - inside)).astype(np.float32)).requires_grad_()  # torch.logit is MKL's
    optimizer, frames, responses, maps = _adam(hidden, lr), [images.astype(np.float32)], [], []
    hook = layer.register_forward_hook(lambda module, inputs, output: maps.append(output[:, number].mean((1, 2))))
    try:
        for step in range(iterations + 1):
            net(torch.sigmoid(hidden))
            response = maps.pop()
            responses.append(response.detach().double().numpy())
            if step < iterations:
                _ascend(optimizer, hidden, response)
                if (step + 1) % every == 0:
                    frames.append(torch.sigmoid(hidden).detach().numpy())
    finally:
        hook.remove()
    return np.stack(frames, axis=1), np.stack(responses, axis=1)


def _adam(hidden: torch.Tensor, lr: float) -> torch.optim.Adam:
    return torch.optim.Adam([hidden], lr, fused=True)  # otherwise its square root is MKL's, which differs by maker


def _ascend(optimizer: torch.optim.Adam, hidden: torch.Tensor, responses: torch.Tensor) -> None:
    (gradient,) = torch.autograd.grad(-responses.sum(), hidden)
    hidden.grad = gradient.contiguous()  # as hidden is: fused Adam goes through both as they lie in memory
    optimizer.step()
