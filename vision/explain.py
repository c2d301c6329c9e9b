"""What a trained network has learned, read from its weights and from what happens without them."""

import copy
from collections.abc import Callable

import numpy as np
import torch
from tqdm import tqdm

from vision.scores import cross_entropy
from vision.training import predict


def straight_shares(kernels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much of each kernel is one straight edge, and how much one straight line.

    Each is the share of the kernel's variation, R^2 in [0, 1], that the best of a set of soft steps, or of soft bars,
    explains: at sixteen angles, every half pixel across the kernel. Of 5x5 kernels of noise the better of the two
    explains 0.22 in the median, and more than 0.5 of fewer than one in a hundred.

    Args:
        kernels: float (N, H, W)

    Returns:
        float64 (N,) of edges, float64 (N,) of lines; 0 for a kernel that is flat
    """
    n, height, width = kernels.shape
    rows, columns = np.mgrid[:height, :width].reshape(2, -1) - np.array([[height - 1], [width - 1]]) / 2
    angles = np.arange(16) * np.pi / 16
    reach = (max(height, width) - 1) / 2
    across = np.outer(np.cos(angles), columns) + np.outer(np.sin(angles), rows)  # (angles, H*W), in pixels
    across = (across[:, None] - np.arange(-reach, reach + 0.25, 0.5)[:, None]).reshape(-1, height * width)
    flat = _centred(kernels.reshape(n, -1).astype(np.float64))
    variation = np.maximum((flat**2).sum(1), np.finfo(float).tiny)
    edges, lines = (_centred(shape) for shape in (np.tanh(across / SOFTNESS), np.exp(-((across / SOFTNESS) ** 2) / 2)))
    explained = [((flat @ shapes.T) ** 2 / (shapes**2).sum(1)).max(1) for shapes in (edges, lines)]
    return explained[0] / variation, explained[1] / variation


SOFTNESS = 0.7  # pixels: the half-width of a step or a bar


def _centred(rows: np.ndarray) -> np.ndarray:
    return rows - rows.mean(1, keepdims=True)


CHUNK_IMAGES = 8000  # of noise, in memory at once


@torch.inference_mode()
def random_search(
    classify: Callable[[torch.Tensor], torch.Tensor], size: int, images: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of many images of noise, the one that each class gets the highest probability for (row P16).

    Args:
        classify: gives logits (N, n_classes) of standardised pixels (N, size)
        images: how many; all classes choose among the same ones

    Returns:
        float32 (n_classes, size), the images; float64 (n_classes,), their probabilities
    """
    generator, best, found = torch.Generator().manual_seed(seed), None, None
    for start in tqdm(range(0, images, CHUNK_IMAGES), "noise", leave=False, disable=None):
        noise = torch.randn(min(CHUNK_IMAGES, images - start), size, generator=generator)
        top = classify(noise).double().log_softmax(1).max(0)
        if best is None:
            best, found = top.values, noise[top.indices]
        else:
            better = top.values > best
            best, found = torch.where(better, top.values, best), torch.where(better[:, None], noise[top.indices], found)
    return found.numpy(), best.exp().numpy()


def climb(
    net: torch.nn.Module, shape: tuple[int, int, int], n_classes: int, *, steps: int, lr: float
) -> tuple[np.ndarray, np.ndarray]:
    """For each class, an image that its logit is high for: Adam on the pixels, from a grey image (Erhan et al., 2009).

    The pixels are a sigmoid of what is changed, so that they stay what an image can be, within [0, 1] (bug B1.6).

    Args:
        net: gives logits (N, n_classes) of images (N, C, H, W) in [0, 1]; left as it was
        shape: C, H, W

    Returns:
        float32 (n_classes, C, H, W), the images; float64 (n_classes,), their probabilities
    """
    hidden = torch.zeros(n_classes, *shape, requires_grad=True)
    optimizer = torch.optim.Adam([hidden], lr)
    for _ in range(steps):
        (gradient,) = torch.autograd.grad(-net(torch.sigmoid(hidden)).diagonal().sum(), hidden)
        hidden.grad = gradient
        optimizer.step()
    images = torch.sigmoid(hidden).detach()
    with torch.inference_mode():
        probabilities = net(images).double().softmax(1).diagonal()
    return images.numpy(), probabilities.numpy()


def silencing_costs(net: torch.nn.Module, layer: torch.nn.Conv2d, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """What each kernel is worth: the rise of every image's loss when the kernel's weights and bias are set to zero.

    Args:
        net: left as it was
        layer: a layer of net
        images, labels: uint8 (N, C, H, W), int (N,)

    Returns:
        float64 (n_kernels, N), in nats
    """
    intact, before = copy.deepcopy(layer.state_dict()), cross_entropy(predict(net, images), labels)
    costs = []
    for kernel in range(layer.out_channels):
        for parameter in layer.parameters():  # the weight and, if it has one, the bias
            parameter.data[kernel] = 0
        costs.append(cross_entropy(predict(net, images), labels) - before)
        layer.load_state_dict(intact)
    return np.stack(costs)
