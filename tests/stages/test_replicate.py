"""The stages of a replication: bits that do not depend on the number of workers, and runs that diverge."""

import hashlib
import json

import pytest

from tests.running import change, command, end, start

SETTINGS = {"epochs": 2, "batch_size": 32, "seeds": [0, 1], "hyper": {"hidden": [5]}}


def sums(folder):
    made = [*folder.glob("models/replications/*"), *folder.glob("plots/replications/*/*")]
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in made}


def test_worker_processes_write_the_bits_of_one_process(scratch, run_stage):
    change(scratch, threads=1, replications={"relu_mlp": SETTINGS})
    status, _, errors = end(start(command("replicate@relu_mlp"), scratch, env={"LOKY_MAX_CPU_COUNT": "2"}))
    assert status == 0, errors
    of_workers = sums(scratch)
    assert set(of_workers) == {"relu_mlp.pt", "curves.csv"}
    run_stage("replicate@relu_mlp")
    assert sums(scratch) == of_workers


@pytest.mark.parametrize("lr", [0.1, 1000])
def test_replication_is_evaluated_by_seed_and_over_seeds(lr, scratch, run_stage):
    change(scratch, replications={"relu_mlp": SETTINGS | {"lr": lr}})
    assert ("diverged" in run_stage("replicate@relu_mlp")) == (lr == 1000)
    run_stage("evaluate_replication@relu_mlp")
    metrics = json.loads((scratch / "metrics/replications/relu_mlp.json").read_text())
    assert metrics.get("diverged", False) is (lr == 1000)
    assert metrics["by_seed"].keys() == {"seed_0", "seed_1"}
    assert metrics["by_seed"]["seed_1"]["test"]["images"] == 240
    assert metrics["test"]["accuracy"].keys() >= {"mean", "low", "high", "another_low", "another_high"}
