"""The training-set-size study: its subsets, its passes, one of its runs."""

import itertools
from dataclasses import asdict

import numpy as np
import pytest
import torch
from vision.subsets import SubsetRun, train_subset

from vision.data.dataset import Dataset, Images
from vision.nets import build
from vision.pipeline.errors import UserError
from vision.pipeline.schema import Recipe
from vision.training import fit

FRACTIONS = [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]
RECIPE = Recipe(
    optimizer="sgd", schedule="one_cycle", lr=0.05, epochs=1, batch_size=16, momentum=0.9, weight_decay=0,
    warmup_fraction=0.3, rotation_degrees=5, scale_fraction=0.1, shift_pixels=1, crop_padding_pixels=0,
    precision="float32",
)  # fmt: skip


@pytest.fixture
def train():
    return Images(
        np.random.default_rng(0).integers(0, 256, (160, 1, 16, 16), np.uint8), np.arange(160) % 4, np.arange(160)
    )


def test_subsets_of_one_seed_are_nested_stratified_and_of_the_right_size(train):
    subsets = [SubsetRun(fraction, seed=3).images(train) for fraction in FRACTIONS]
    assert [len(subset) for subset in subsets] == [10, 20, 40, 80, 160]
    for small, large in itertools.pairwise(subsets):
        assert set(small.indices) < set(large.indices)
        assert np.ptp(np.bincount(small.labels, minlength=4)) <= 1


def test_subsets_of_two_seeds_differ(train):
    first, second = (set(SubsetRun(0.25, seed).images(train).indices) for seed in (0, 1))
    assert first != second


def test_a_subset_smaller_than_the_classes_is_the_users_error(train):
    assert len(SubsetRun(4 / 160, seed=0).images(train)) == 4
    with pytest.raises(UserError, match=r"subsets\.fractions holds 0\.01875: gives 3 images"):
        SubsetRun(3 / 160, seed=0).images(train)


def test_passes_grow_with_the_root_of_what_is_left_out():
    assert [SubsetRun(fraction, seed=0).passes for fraction in FRACTIONS] == [4, 3, 2, 1, 1]


def test_a_run_is_one_fit_that_depends_on_its_job_alone(train, tmp_path):
    dataset = Dataset({"train": train, "valid": train[:20]}, list("abcd"), np.array([0.5]), np.array([0.3]))
    path, hyper = tmp_path / "data.npz", {**dataset.net_inputs, "dropout": 0.5}
    dataset.save(path)
    torch.manual_seed(1)  # what ran before in the process
    run = SubsetRun(0.25, seed=5)
    result = train_subset(run, data=path, hyper=hyper, recipe=RECIPE, device="cpu")

    torch.manual_seed(5)
    net = build("convnet", **hyper)
    training = fit(net, run.images(train), train[:20], RECIPE, seed=5, passes=2)
    assert (result["fraction"], result["seed"], result["history"]) == (0.25, 5, asdict(training))
    assert all(torch.equal(result["weights"][name], value) for name, value in net.state_dict().items())
    torch.save(result, tmp_path / "run.pt")
    torch.load(tmp_path / "run.pt", weights_only=True)
