"""The training-set-size study: its passes, and one of its runs."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from tests.trainings import entry, fit, same
from vision.data.dataset import Dataset, Samples
from vision.data.splitting import subset
from vision.nets import build
from vision.pipeline.errors import UserError
from vision.studies.subsets import SubsetRun, train_subset

MODEL = entry(
    net="convnet", hyper={"dropout": 0.5}, schedule="one_cycle", lr=0.05, epochs=1, batch_size=16, momentum=0.9,
    warmup_fraction=0.3, rotation_degrees=5, scale_fraction=0.1, shift_pixels=1,
)  # fmt: skip


@pytest.fixture
def dataset():
    images = np.random.default_rng(0).integers(0, 256, (160, 1, 16, 16), np.uint8)
    train = Samples(images, np.arange(160) % 4, np.arange(160))
    return Dataset({"train": train, "valid": train[:20]}, list("abcd"), np.array([0.5]), np.array([0.3]))


@pytest.fixture
def path(dataset, tmp_path):
    dataset.save(tmp_path / "data.npz")
    return tmp_path / "data.npz"


def test_passes_grow_with_the_root_of_what_is_left_out():
    assert [SubsetRun(2**-power, seed=0).passes for power in range(5)] == [1, 1, 2, 3, 4]


def test_a_run_is_one_training_that_depends_on_its_job_alone(dataset, path, tmp_path):
    torch.manual_seed(1)  # what ran before in the process
    result = train_subset(SubsetRun(0.25, seed=5), data=path, model=MODEL, device="cpu")

    torch.manual_seed(5)
    hyper = {**dataset.net_inputs, "dropout": 0.5}
    net = build("convnet", **hyper)
    train, valid = dataset.splits["train"], dataset.splits["valid"]
    training = fit(net, subset(train, 0.25, seed=5), valid, MODEL, seed=5, passes=2)
    assert (result["fraction"], result["seed"], result["net"], result["hyper"]) == (0.25, 5, "convnet", hyper)
    assert result["history"] == asdict(training)
    assert same(result["weights"], net.state_dict())
    torch.save(result, tmp_path / "run.pt")
    torch.load(tmp_path / "run.pt", weights_only=True)


def test_a_fraction_that_is_too_small_is_the_users_error(path):
    with pytest.raises(UserError, match=r"^subsets\.fractions holds 0\.01875: gives 3 images"):
        train_subset(SubsetRun(3 / 160, seed=0), data=path, model=MODEL, device="cpu")
