"""Points that the tests of embeddings share."""

import numpy as np
import pytest


@pytest.fixture
def blobs(generator):
    """Three far-apart groups of 30 points in 10 dimensions, and their labels."""
    labels = np.repeat([0, 1, 2], 30)
    return generator.normal(size=(90, 10)) + 20 * np.eye(10)[labels], labels
