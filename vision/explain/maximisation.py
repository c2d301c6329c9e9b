"""Inputs for which a network is as sure of a class as can be: random search and activation maximisation (row P16)."""

import copy

import numpy as np
import torch
from tqdm import tqdm

CHUNK_IMAGES = 8000  # of noise, in memory at once


@torch.inference_mode()
def random_search(net: torch.nn.Module, shape: list[int], images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Of many images of noise, the one that each class gets the highest probability for.

    Args:
        net: with a `standardise` module; the noise stands for what it gives, and is normal with variance 1
        shape: C, H, W
        images: how many; all classes choose among the same ones

    Returns:
        float32 (n_classes, C, H, W), the images as the net takes them; float64 (n_classes,), their probabilities
    """
    bare = copy.deepcopy(net)
    bare.standardise = torch.nn.Identity()
    generator, best, found = torch.Generator().manual_seed(seed), None, None
    for start in tqdm(range(0, images, CHUNK_IMAGES), "noise", leave=False, disable=None):
        noise = torch.randn(min(CHUNK_IMAGES, images - start), *shape, generator=generator)
        top = bare(noise).double().log_softmax(1).max(0)
        if best is None:
            best, found = top.values, noise[top.indices]
        else:
            better = top.values > best
            best, found = (
                torch.where(better, top.values, best),
                torch.where(better.view(-1, 1, 1, 1), noise[top.indices], found),
            )
    return found.numpy() * net.standardise.std.numpy() + net.standardise.mean.numpy(), best.exp().numpy()


@torch.inference_mode()
def noise_confidences(net: torch.nn.Module, shape: list[int], images: int, seed: int) -> np.ndarray:
    """The highest probability that a network gives to any class, for images of noise as of `random_search`.

    Returns:
        float64 (images,)
    """
    bare = copy.deepcopy(net)
    bare.standardise = torch.nn.Identity()
    noise = torch.randn(images, *shape, generator=torch.Generator().manual_seed(seed))
    return bare(noise).double().softmax(1).amax(1).numpy()


def maximise_activation(
    net: torch.nn.Module, shape: list[int], n_classes: int, *, steps: int, lr: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each class, an image for which its logit is high: gradient ascent by Adam from grey (Erhan et al., 2009).

    The pixels are a sigmoid of what is changed, so that they stay what an image can be, within [0, 1] (bug B1.6).

    Args:
        net: gives logits (N, n_classes) of images (N, C, H, W) in [0, 1]; left as it was
        shape: C, H, W

    Returns:
        float32 (n_classes, C, H, W), the images; float64 (n_classes,), their probabilities
    """
    hidden = torch.zeros(n_classes, *shape, requires_grad=True)
    optimizer = torch.optim.Adam([hidden], lr, fused=True)  # else its square root is MKL's, which differs by maker
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(-net(torch.sigmoid(hidden)).diagonal().sum(), hidden)
        hidden.grad = gradient.contiguous()  # as hidden is: fused Adam goes through both as they lie in memory
        optimizer.step()
    images = torch.sigmoid(hidden).detach()
    with torch.inference_mode():
        probabilities = net(images).double().softmax(1).diagonal()
    return images.numpy(), probabilities.numpy()
