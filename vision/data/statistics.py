"""What is measured on the training part alone: the statistics by which inputs are standardised."""

import numpy as np


def channel_statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel of uint8 images (N, C, H, W): two float64 (C,) (row P2)."""
    levels = np.arange(256) / 255
    counts = np.stack([np.bincount(channel.ravel(), minlength=256) for channel in images.swapaxes(0, 1)])
    mean = counts @ levels / counts.sum(1)
    return mean, np.sqrt((counts * (levels - mean[:, None]) ** 2).sum(1) / counts.sum(1))


def feature_statistics(features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each feature (N, D): two float64 (D,)."""
    return features.mean(0, dtype=np.float64), features.std(0, dtype=np.float64)
