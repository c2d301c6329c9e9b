"""The study's settings at a size for tests, and three classes of images to learn, in three parts."""

import numpy as np
import pytest

from tests.trainings import striped_images
from vision.data.dataset import Dataset
from vision.pipeline.schema.models import FromScratch

RUN = {"role": "fashion", "inputs": "fashion", "net": "numpy_mlp"}


def make_study(runs, **changes):
    """The study of runs, each given as (trainer, activation, lr) under its name."""
    entries = {
        name: RUN | {"trainer": trainer, "activation": activation, "lr": lr}
        for name, (trainer, activation, lr) in runs.items()
    }
    settings = {
        "layers": [[7, 5]],
        "score_epochs": 10,
        "batch_size": 8,
        "epochs": 4,
        "checkpoints": [2, 4],
        "seeds": [3, 4],
        "others": {},
    }
    return FromScratch(models=entries, **settings | changes)


@pytest.fixture(scope="session")
def study():
    return make_study


@pytest.fixture(scope="session")
def dataset():
    images = striped_images(150, noise=170, stripe=60)
    parts = {"train": images[:50], "valid": images[50:100], "test": images[100:]}
    return Dataset(parts, list("abc"), np.array([0.5]), np.array([0.25]))
