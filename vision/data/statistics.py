"""Means and standard deviations of the training part, by which inputs are standardised."""

import math

import numpy as np

BLOCK_VALUES = 2**26  # that are in float64 at once: half a gibibyte


def channel_statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel of uint8 images (N, C, H, W): two float64 (C,).

    Pixels are integers: their sums and squares are exact, so that no processor and no order of summing changes a bit.
    """
    statistics = []
    for channel in images.swapaxes(0, 1):
        counts = np.bincount(channel.ravel(), minlength=256).tolist()
        n, total, squares = (sum(count * level**power for level, count in enumerate(counts)) for power in (0, 1, 2))
        statistics.append((total / (n * 255), math.sqrt((n * squares - total**2) / (n * 255) ** 2)))
    mean, std = np.array(statistics).T
    return mean, std


def feature_statistics(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each feature (N, D): two float64 (D,)."""
    blocks = np.array_split(features, max(1, features.size // BLOCK_VALUES), axis=1)
    statistics = [(block.mean(0, dtype=np.float64), block.std(0, dtype=np.float64)) for block in blocks]
    mean, std = (np.concatenate(parts) for parts in zip(*statistics, strict=True))
    return mean, std
