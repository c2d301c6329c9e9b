"""Digits that the tests of classifiers learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

N_TRAIN = 1200


@pytest.fixture(scope="session")
def digits():
    """Pixels in [0, 1] and labels, of training and of test digits."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    pixels, labels = (pixels[order] / 16).astype(np.float32), labels[order]
    return pixels[:N_TRAIN], labels[:N_TRAIN], pixels[N_TRAIN:], labels[N_TRAIN:]
