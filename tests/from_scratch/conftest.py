"""The study's settings at a size for tests, and three classes of images to learn, in three parts."""

import numpy as np
import pytest

from vision.data.dataset import Dataset, Samples
from vision.pipeline.schema.from_scratch import FromScratch

RUN = {"role": "fashion", "inputs": "fashion", "net": "numpy_mlp"}


@pytest.fixture
def study():
    """Make the study of runs, each given as (trainer, activation, lr) under its name."""

    def make(runs, **changes):
        entries = {
            name: RUN | {"trainer": trainer, "activation": activation, "lr": lr}
            for name, (trainer, activation, lr) in runs.items()
        }
        settings = {"hidden": [7, 5], "batch_size": 8, "epochs": 4, "checkpoints": [2, 4], "others": {}}
        return FromScratch(models=entries, **settings | changes)

    return make


@pytest.fixture(scope="session")
def dataset():
    """Each class is bright in other columns."""
    generator, labels = np.random.default_rng(0), np.arange(150) // 3 % 3
    pixels = generator.integers(0, 170, (150, 1, 8, 8)) + 60 * (np.arange(8) // 3 == labels[:, None, None, None])
    images = Samples(pixels.astype(np.uint8), labels, np.arange(150))
    parts = {name: images[np.arange(start, 150, 3)] for start, name in enumerate(("train", "valid", "test"))}
    return Dataset(
        {name: part[np.random.default_rng(1).permutation(50)] for name, part in parts.items()}, list("abc"),
        np.array([0.5]), np.array([0.25]),
    )  # fmt: skip


@pytest.fixture
def path(dataset, tmp_path):
    """The file that the training stage reads, without test images."""
    kept = {name: dataset.splits[name] for name in ("train", "valid")}
    Dataset(kept, dataset.class_names, dataset.mean, dataset.std).save(tmp_path / "data.npz")
    return tmp_path / "data.npz"
