"""What the kernels of a layer are, and what they are worth."""

import copy

import numpy as np
import torch

from vision.data.dataset import Samples
from vision.nets.inference import predict
from vision.scores.losses import cross_entropy

SOFTNESS = 0.7  # pixels: the half-width of a step or a bar


def straight_shares(kernels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much of each kernel is one straight edge, and how much one straight line.

    Each is the share of the kernel's variation, R^2 in [0, 1], that the best of a set of soft steps, or of soft bars,
    explains: at sixteen angles, every half pixel across the kernel. What that is worth, noise shows: `noise_like`.

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


def noise_like(kernels: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Normal noise that is as smooth as kernels are: of their mean covariance between pixels at each distance.

    Trained kernels are smooth, and smooth noise has more of an edge or a line than white noise; so that is no sign of a
    detector.

    Args:
        kernels: float (N, H, W)
        size: how many are drawn

    Returns:
        float64 (size, H, W)
    """
    n, height, width = kernels.shape
    flat = _centred(kernels.reshape(n, -1).astype(np.float64))
    rows, columns = np.mgrid[:height, :width].reshape(2, -1)
    lags = (rows[:, None] - rows + height) * 2 * width + (columns[:, None] - columns + width)  # one number for each
    pairs = np.bincount(lags.ravel(), minlength=4 * height * width)
    sums = np.bincount(lags.ravel(), (flat.T @ flat / n).ravel(), minlength=4 * height * width)
    values, vectors = np.linalg.eigh((sums / np.maximum(pairs, 1))[lags])
    root = vectors * np.sqrt(np.maximum(values, 0))  # of the nearest matrix that is a covariance
    return (np.random.default_rng(seed).normal(size=(size, height * width)) @ root.T).reshape(size, height, width)


def _centred(rows: np.ndarray) -> np.ndarray:
    return rows - rows.mean(1, keepdims=True)


def ablation_costs(net: torch.nn.Module, layer: torch.nn.Conv2d, samples: Samples) -> np.ndarray:
    """What each kernel is worth: the rise of every image's loss when the kernel's weights and bias are set to zero.

    Args:
        net: left as it was
        layer: a layer of net

    Returns:
        float64 (n_kernels, N), in nats
    """
    intact, before = copy.deepcopy(layer.state_dict()), cross_entropy(predict(net, samples), samples.labels)
    costs = []
    for kernel in range(layer.out_channels):
        for parameter in layer.parameters():  # the weight and, if it has one, the bias
            parameter.data[kernel] = 0
        costs.append(cross_entropy(predict(net, samples), samples.labels) - before)
        layer.load_state_dict(intact)
    return np.stack(costs)
