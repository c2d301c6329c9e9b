"""Images to learn in two parts, and the settings of a replication that a test does not ask to be otherwise."""

import numpy as np
import pytest

from tests.trainings import striped_images
from vision.data.dataset import Dataset
from vision.pipeline.schema.models import Replication

ENTRY = {
    "document": "003", "role": "handwriting", "baselines": ["softmax"], "net": "mlp",
    "hyper": {"hidden": [], "activation": "tanh"}, "initialisation": "torch", "valid_one_in": 5, "optimizer": "sgd",
    "lr": 0.1, "batch_size": 8, "epochs": 3, "weight_decay": 0, "rotation_degrees": 0, "crop_padding_pixels": 0,
    "keep": "last", "seeds": [0, 1],
}  # fmt: skip


@pytest.fixture
def entry():
    """Make an entry under `replications`."""
    return lambda **changes: Replication(**{**ENTRY, **changes})


@pytest.fixture(scope="session")
def dataset():
    """Without a test split, which no run reads; its statistics are not those of its images."""
    images, order = striped_images(60), np.random.default_rng(1).permutation(60)
    parts = {"train": images[np.sort(order[:45])], "valid": images[np.sort(order[45:])]}
    return Dataset(parts, list("abc"), np.array([0.5]), np.array([0.25]))
