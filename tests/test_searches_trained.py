"""Searches whose runs are trained: each from fresh weights of its own seed, in a process of its own."""

from contextlib import nullcontext
from functools import partial

import numpy as np
import pytest
import torch
from vision.searches import Run, histories, run_table, search, train_model, train_run

from vision import searches
from vision.data.dataset import Dataset, Images, channel_statistics
from vision.nets import build
from vision.pipeline.schema import Model
from vision.pipeline.workers import run_all
from vision.training import fit

ENTRY = {"net": "mlp", "hyper": {"hidden": [6], "activation": "relu"}, "lr": 0.1, "batch_size": 8, "epochs": 2}


@pytest.fixture(scope="module")
def dataset():
    generator, labels = np.random.default_rng(0), np.arange(60) % 3
    pixels = generator.integers(0, 150, (60, 1, 8, 8)) + 50 * (np.arange(8) // 3 == labels[:, None, None, None])
    images = Images(pixels.astype(np.uint8), labels, np.arange(60))
    return Dataset({"train": images[:40], "valid": images[40:]}, list("abc"), *channel_statistics(images.images[:40]))


def same(first, second):
    return all(torch.equal(value, second[name]) for name, value in first.items())


def test_a_model_is_built_and_fitted_from_its_seed_whatever_ran_before(dataset):
    model = Model(**ENTRY, crop_padding_pixels=1)
    net, hyper, training = train_model(model, dataset, seed=4, device="cpu")
    torch.rand(17)
    train_model(model, dataset, seed=5, device="cpu")  # its weights are not those that the next run goes on from
    again, _, same_training = train_model(model, dataset, seed=4, device="cpu")
    assert same(net.state_dict(), again.state_dict())
    assert training == same_training
    assert hyper == {**dataset.net_inputs, **ENTRY["hyper"]}

    torch.manual_seed(4)
    plain = build("mlp", **hyper)
    assert fit(plain, dataset.splits["train"], dataset.splits["valid"], model, seed=4) == training
    assert same(net.state_dict(), plain.state_dict())


def test_another_seed_is_another_training(dataset):
    first, other = (train_model(Model(**ENTRY), dataset, seed=seed, device="cpu")[0] for seed in (0, 1))
    assert not same(first.state_dict(), other.state_dict())


def test_options_of_a_fit_are_passed_on(dataset):
    rows = []
    training = train_model(Model(**ENTRY), dataset, seed=0, device="cpu", on_epoch=rows.append)[2]
    assert rows == training.curves


@pytest.fixture
def train(dataset, tmp_path):
    dataset.save(tmp_path / "data.npz")  # without a test split, which no run reads
    return partial(train_run, data=tmp_path / "data.npz", device="cpu")


def test_a_run_has_the_same_bits_in_a_worker_process(train):
    jobs = [Run(1, False, seed, {"lr": lr}, Model(**{**ENTRY, "lr": lr})) for seed, lr in [(3, 0.05), (0, 0.1)]]
    for job, result in zip(jobs, run_all(train, jobs, workers=1), strict=True):
        here = train(job)
        assert (result["hyper"], result["training"]) == (here["hyper"], here["training"])
        assert same(result["weights"], here["weights"])


def test_a_search_keeps_the_weights_of_its_winner_with_the_common_seed(dataset, train, monkeypatch):
    monkeypatch.setattr(searches, "team", lambda workers: nullcontext(lambda function, jobs: [*map(function, jobs)]))
    rounds = [{"lr": [1e-4, 0.05], "hidden": [[5], [6, 4]]}, {"weight_decay": [0.5, 0.001]}]
    model = Model(**ENTRY, search={"rounds": rounds, "contenders": 2, "repeats": 2})
    found = search(model, seed=0, train=train)
    assert len(found.runs) == len(found.results) == 4 + 2 * 2 + 2 + 2 * 2
    assert found.model.lr == 0.05
    net, hyper, training = train_model(found.model, dataset, seed=0, device="cpu")
    kept = found.results[found.chosen]
    assert (kept["hyper"], kept["training"]) == (hyper, training)
    assert same(kept["weights"], net.state_dict())
    assert {row["updates"] for row in run_table(found, 1)} == {2 * 5}
    assert not np.isnan(histories(found)["step_losses"]).any()
