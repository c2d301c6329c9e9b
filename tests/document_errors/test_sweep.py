"""Document 003's one network for all lambdas (B3.1): where its trainings begin, and what that changes."""

import numpy as np
import pytest

from tests.trainings import entry
from vision.data.dataset import Dataset, Samples
from vision.document_errors.sweep import Sweep, train_one_network_through, train_through
from vision.training.runs import train_model

MODEL = entry(hyper={"hidden": [], "activation": "tanh"}, epochs=3, lr=0.05, batch_size=10)


@pytest.fixture
def data(tmp_path):
    generator = np.random.default_rng(0)
    labels = np.arange(150) % 3
    features = (np.eye(3)[labels] + generator.normal(size=(150, 3))).astype(np.float32)
    samples = Samples(features, labels, np.arange(150))
    splits = {"train": samples[:100], "valid": samples[100:]}
    Dataset(splits, list("abc"), np.zeros(3), np.ones(3)).save(tmp_path / "data.npz")
    return tmp_path / "data.npz"


def through(data, *decays, seed=0, model=MODEL):
    return train_through(Sweep(seed, decays), data=data, model=model, device="cpu")


def test_first_lambda_is_trained_as_by_the_search_and_the_next_is_not(data):
    dataset = Dataset.load(data)
    trained = train_model(MODEL.changed({"weight_decay": 0.1}), dataset, seed=4, device="cpu", show_progress=False)
    curve = [row["valid_accuracy"] for row in trained.training.curves]
    first, second = through(data, 0.1, 0.01, seed=4)
    assert first.tolist() == curve
    assert not np.array_equal(second, through(data, 0.01, seed=4)[0])


def test_next_lambda_starts_where_the_one_before_ended(data):
    first, second = through(data, 0.0, 1e-6, model=MODEL.changed({"epochs": 30}))
    assert second[0] == pytest.approx(first[-1], abs=0.1)
    assert second[0] > first[0] or first[0] == first[-1]


def test_diverged_training_is_left_out(data):
    found = through(data, 1000, model=MODEL.changed({"lr": 1000, "epochs": 60}))
    assert np.isnan(found).any()
    rows = train_one_network_through(np.stack([found] * 2), np.stack([found] * 2), [1000], 2)
    assert [row["left_out"] for row in rows] == ["a training diverged"]


def test_scores_are_means_of_the_last_epochs_by_seed():
    curves = np.array(
        [[[0.5, 0.8, 0.9], [0.9, 0.92, 0.94]], [[0.4, 0.8, 0.8], [0.9, 0.9, 0.9]]]
    )  # (seed, lambda, epoch)
    fresh = curves - 0.1
    fresh[:, 1] = [[0.5, 0.9, 0.9], [0.5, 0.6, 0.9]]
    rows = train_one_network_through(curves, fresh, [0.1, 0.001], 2)
    assert [(row["measure"], row["at"]) for row in rows] == [
        ("valid_accuracy", "lambda 0.1"), ("valid_accuracy", "lambda 0.001"), ("settled_epoch", "lambda 0.001")
    ]  # fmt: skip
    assert (rows[0]["wrong"], rows[0]["right"]) == (pytest.approx(0.825), pytest.approx(0.725))
    assert rows[0]["change_low"] == pytest.approx(0.1)  # of either seed
    assert (rows[1]["wrong"], rows[1]["right"]) == (pytest.approx(0.915), pytest.approx(0.825))
    # To 0.93 and to 0.90 it is in epochs 3 and 1; the fresh ones are at 0.90 in epoch 2 and at 0.75 in epoch 3.
    assert (rows[2]["wrong"], rows[2]["right"]) == (2, 2.5)
    assert (rows[2]["wrong_low"], rows[2]["wrong_high"]) == (1, 3)  # no epoch lies outside
