"""One network for all lambdas (B3.1): where its trainings start, and what that changes."""

import numpy as np
import pytest

from tests.trainings import entry
from vision.data.dataset import Dataset, Samples
from vision.document_errors.sweep import train_through, train_through_all_lambdas
from vision.training.jobs import Job, train_job

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


def test_first_lambda_is_trained_as_by_the_search_and_the_next_is_not(data):
    model = MODEL.with_overrides({"weight_decay": 0.1})
    trained = train_job(Job.of("net", model, 4), data=data, device="cpu")
    both, separate = (train_through((4, job), data=data, model=MODEL, device="cpu") for job in ((0.1, 0.01), (0.01,)))
    assert both[0].tolist() == [row["valid_accuracy"] for row in trained.training.curves]
    assert not np.array_equal(both[1], separate[0])


def test_scores_are_means_of_the_last_epochs_by_seed():
    curves = np.array(
        [[[0.5, 0.8, 0.9], [0.9, 0.92, 0.94]], [[0.4, 0.8, 0.8], [0.9, 0.9, 0.9]]]
    )  # (seed, lambda, epoch)
    separate = curves - 0.1
    separate[:, 1] = [[0.5, 0.9, 0.9], [0.5, 0.6, 0.9]]
    rows = train_through_all_lambdas(curves, separate, [0.1, 0.001], 2)
    assert [(row.measure, row.at) for row in rows] == [
        ("valid_accuracy", "lambda 0.1"), ("valid_accuracy", "lambda 0.001"), ("convergence_epoch", "lambda 0.001")
    ]  # fmt: skip
    # To 0.93 and to 0.90 it converges in epochs 3 and 1; the separate ones to 0.90 in epoch 2 and to 0.75 in epoch 3.
    expected = [(0.825, 0.725), (0.915, 0.825), (2, 2.5)]
    assert [(row.wrong.value, row.right.value) for row in rows] == [pytest.approx(pair) for pair in expected]
    assert rows[0].change.low == pytest.approx(0.1)  # of either seed
    assert rows[2].wrong[1:3] == (1, 3)  # no epoch lies outside
