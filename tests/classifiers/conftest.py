"""Digits that the tests of classifiers learn."""

import numpy as np
import pytest
from sklearn.datasets import load_digits


@pytest.fixture(scope="session")
def digits():
    """Pixels in [0, 1] and labels, of 600 training and of 300 test digits; never to be changed."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))[:900]
    pixels, labels = (pixels[order] / 16).astype(np.float32), labels[order]
    return pixels[:600], labels[:600], pixels[600:], labels[600:]
