"""Edges and lines among the kernels of a layer, and the cost of their ablation."""

import copy

import numpy as np
import torch

from vision.data.dataset import Samples
from vision.nets.inference import predict
from vision.scores.losses import cross_entropy

SOFTNESS = 0.7  # pixels: the half-width of a step or a bar


def straight_shares(kernels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The share of the variation of kernels (N, H, W) that one straight edge explains, and that one straight line does.

    It is the R^2 of the best of many soft steps or bars, float64 (N,): at 16 angles, every half pixel.
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
    edge, line = (((flat @ shapes.T) ** 2 / (shapes**2).sum(1)).max(1) / variation for shapes in (edges, lines))
    return edge, line


def noise_like(kernels: np.ndarray, size: int, seed: int) -> np.ndarray:
    """Draw normal noise (size, H, W) with the mean covariance of kernels (N, H, W) at each distance."""
    n, height, width = kernels.shape
    flat = _centred(kernels.reshape(n, -1).astype(np.float64))
    rows, columns = np.mgrid[:height, :width].reshape(2, -1)
    lags = (rows[:, None] - rows + height) * 2 * width + (columns[:, None] - columns + width)
    pairs = np.bincount(lags.ravel(), minlength=4 * height * width)
    sums = np.bincount(lags.ravel(), (flat.T @ flat / n).ravel(), minlength=4 * height * width)
    values, vectors = np.linalg.eigh((sums / np.maximum(pairs, 1))[lags])
    root = vectors * np.sqrt(np.maximum(values, 0))  # of the nearest matrix that is a covariance
    return (np.random.default_rng(seed).normal(size=(size, height * width)) @ root.T).reshape(size, height, width)


def _centred(rows: np.ndarray) -> np.ndarray:
    return rows - rows.mean(1, keepdims=True)


def ablation_costs(net: torch.nn.Module, layer: torch.nn.Conv2d, samples: Samples) -> np.ndarray:
    """The rise of each image's loss when a kernel of a layer is set to zero: float64 (n_kernels, N), in nats."""
    intact, before = copy.deepcopy(layer.state_dict()), cross_entropy(predict(net, samples), samples.labels)
    costs = []
    for kernel in range(layer.out_channels):
        for parameter in layer.parameters():  # the weight and, if it has one, the bias
            parameter.data[kernel] = 0
        costs.append(cross_entropy(predict(net, samples), samples.labels) - before)
        layer.load_state_dict(intact)
    return np.stack(costs)
