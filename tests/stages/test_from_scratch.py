"""The stages of the network from scratch: bits that do not depend on workers, and runs that all diverge."""

import hashlib
import json
import shutil

import pytest

from tests.running import call, change, command, end, start
from vision.pipeline.errors import UserError

RUN = {"role": "fashion", "inputs": "fashion", "net": "numpy_mlp"}


@pytest.fixture
def fashion(scratch):
    """The same images as another role, and short runs."""
    shutil.copy(scratch / "data/raw/handwriting.npz", scratch / "data/raw/fashion.npz")
    change(scratch, threads=1, from_scratch={"hidden": [5], "epochs": 2, "checkpoints": [1, 2]})
    call(command("split@fashion"), scratch)
    return scratch


def sums(folder):
    made = [*folder.glob("models/from_scratch/*.pt"), folder / "plots/from_scratch/curves.csv"]
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in made}


def test_worker_processes_write_the_bits_of_one_process(fashion, run_stage):
    status, _, errors = end(start(command("from_scratch"), fashion, env={"LOKY_MAX_CPU_COUNT": "2"}))
    assert status == 0, errors
    of_workers = sums(fashion)
    assert {"numpy_relu.pt", "sklearn_relu.pt", "sklearn_relu_defaults.pt", "curves.csv"} <= set(of_workers)
    run_stage("from_scratch")
    assert sums(fashion) == of_workers
    run_stage("judge_from_scratch")
    run_stage("evaluate_from_scratch@numpy_relu")
    metrics = json.loads((fashion / "metrics/from_scratch.json").read_text())
    assert metrics["numpy_relu"]["epoch_2"]["images"] == 240
    judged = json.loads((fashion / "metrics/numpy_relu.json").read_text())["test"]
    assert judged.items() >= metrics["numpy_relu"]["best"].items()


def test_diverged_runs_are_named_and_refused_where_none_is_left(fashion, run_stage):
    run = RUN | {"trainer": "numpy", "activation": "linear", "lr": 1000}
    others = ("numpy_linear", "sklearn_relu_defaults", "sklearn_linear_defaults")  # of tests/digits.yaml
    change(fashion, from_scratch={"models": {"numpy_relu": run, "sklearn_relu": run}, "others": dict.fromkeys(others)})
    assert "diverged in epoch 1" in run_stage("from_scratch")
    with pytest.raises(UserError, match="every network of from_scratch diverged in its first epoch"):
        run_stage("judge_from_scratch")
