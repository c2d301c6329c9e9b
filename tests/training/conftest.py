"""A small dataset to learn, and a search whose trainings are functions of the run."""

from contextlib import nullcontext

import numpy as np
import pytest

from vision.data.dataset import Dataset, Samples
from vision.data.statistics import channel_statistics
from vision.training import searches
from vision.training.history import Training
from vision.training.runs import Trained


@pytest.fixture(scope="session")
def dataset():
    """Three classes, each bright in other columns; without a test split, which no run reads."""
    generator, labels = np.random.default_rng(0), np.arange(60) % 3
    pixels = generator.integers(0, 150, (60, 1, 8, 8)) + 50 * (np.arange(8) // 3 == labels[:, None, None, None])
    images = Samples(pixels.astype(np.uint8), labels, np.arange(60))
    return Dataset({"train": images[:40], "valid": images[40:]}, list("abc"), *channel_statistics(images.inputs[:40]))


@pytest.fixture
def here(monkeypatch):
    """Let searches train in this process; return the numbers of workers that they asked for."""
    asked = []

    def team(workers):
        asked.append(workers)
        return nullcontext(lambda function, jobs: [*map(function, jobs)])

    monkeypatch.setattr(searches, "team", team)
    return asked


@pytest.fixture
def found(here):
    """Search where a run's accuracy at its second epoch is known; return what was found and every call."""

    def begin(model, accuracy, diverged=lambda run: False):
        calls = []

        def train(run):
            calls.append(run)
            curves = [{"epoch": 1, "valid_accuracy": 0}, {"epoch": 2, "valid_accuracy": accuracy(run)}]
            return Trained({}, {}, Training(curves, [0.5] * 8, best_epoch=2, diverged=diverged(run)))

        return searches.search(model, seed=0, train=train), calls

    return begin
