"""A small dataset to learn, and a search whose trainings are functions of the run."""

from contextlib import nullcontext

import pytest

from tests.trainings import striped_images
from vision.data.dataset import Dataset
from vision.data.statistics import channel_statistics
from vision.training import searches
from vision.training.history import Training
from vision.training.runs import Trained


@pytest.fixture(scope="session")
def dataset():
    """Without a test split, which no run reads."""
    images = striped_images(60)
    return Dataset({"train": images[:40], "valid": images[40:]}, list("abc"), *channel_statistics(images.inputs[:40]))


@pytest.fixture
def no_workers(monkeypatch):
    """Let searches train in this process."""
    here = nullcontext(lambda function, jobs: [*map(function, jobs)])
    monkeypatch.setattr(searches, "team", lambda workers: here)


@pytest.fixture
def run_search(no_workers):
    """Search where a run's accuracy at its second epoch is known; return what was found and every call."""

    def begin(model, accuracy, diverged=lambda run: False):
        calls = []

        def train(run):
            calls.append(run)
            curves = [{"epoch": 1, "valid_accuracy": 0}, {"epoch": 2, "valid_accuracy": accuracy(run)}]
            return Trained({}, {}, Training(curves, [0.5] * 8, best_epoch=2, diverged=diverged(run)))

        return searches.search(model, seed=0, train=train), calls

    return begin
