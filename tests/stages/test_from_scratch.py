"""The stages of the network from scratch: bits that do not depend on workers, and runs that all diverge."""

import hashlib
import shutil

import pytest

from tests.running import call, change, command, end, start
from vision.pipeline.errors import UserError
from vision.scores.estimate import read_scores

RUN = {"role": "fashion", "inputs": "fashion", "net": "numpy_mlp"}


@pytest.fixture
def fashion(scratch):
    """The same images as another role, and short runs."""
    shutil.copy(scratch / "data/raw/handwriting.npz", scratch / "data/raw/fashion.npz")
    change(scratch, threads=1, from_scratch={"hidden": [5], "epochs": 2, "checkpoints": [1, 2]})
    call(command("split@fashion"), scratch)
    return scratch


def sums(folder):
    made = [*folder.glob("models/from_scratch/*.pt"), folder / "plots/from_scratch/training/curves.csv"]
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in made}


def test_worker_processes_write_the_bits_of_one_process(fashion, run_stage):
    status, _, errors = end(start(command("from_scratch"), fashion, env={"LOKY_MAX_CPU_COUNT": "2"}))
    assert status == 0, errors
    of_workers = sums(fashion)
    assert {"numpy_relu.pt", "sklearn_relu.pt", "sklearn_relu_defaults.pt", "curves.csv"} <= set(of_workers)
    run_stage("from_scratch")
    assert sums(fashion) == of_workers
    run_stage("evaluate_from_scratch")
    scores = read_scores(fashion / "plots/from_scratch/evaluation/scores.csv")
    assert scores["numpy_relu.epoch_2.images"].value == 240
    assert scores["numpy_relu.finite_epochs"].value == 2
    assert scores["numpy_relu.best.accuracy"].n == 240


def test_diverged_runs_are_reported_and_refused_where_none_is_left(fashion, run_stage):
    run = RUN | {"trainer": "numpy", "activation": "linear", "lr": 1000}
    others = ("numpy_linear", "sklearn_relu", "sklearn_relu_defaults", "sklearn_linear_defaults")
    change(fashion, from_scratch={"models": {"numpy_relu": run}, "others": dict.fromkeys(others)})
    assert "diverged after epoch 0" in run_stage("from_scratch")
    with pytest.raises(UserError, match="every network of from_scratch diverged in its first epoch"):
        run_stage("evaluate_from_scratch")
