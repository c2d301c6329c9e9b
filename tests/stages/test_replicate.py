"""The stages of a replication: bits that no number of workers changes, runs that diverge, a name that nobody knows."""

import hashlib
import json

import pytest

from tests.running import change, command, end, make_small, start

SETTINGS = {"epochs": 2, "batch_size": 32, "seeds": [0, 1], "hyper": {"hidden": [5]}}


@pytest.fixture
def scratch(tmp_path):
    folder = make_small(tmp_path / "scratch")
    change(folder, replications={"relu_mlp": SETTINGS})
    assert end(start(command("split@handwriting"), folder))[0] == 0
    return folder


def finished(stage, folder, **options):
    status, out, errors = end(start(command(stage), folder, **options))
    assert status == 0, errors
    return out, errors


def sums(folder):
    made = [*folder.glob("models/replications/*"), *folder.glob("plots/replications/*/*")]
    return {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in made}


def test_the_bits_do_not_depend_on_the_number_of_workers(scratch):
    found = []
    for cores in ("1", "2"):
        finished("replicate@relu_mlp", scratch, env={"LOKY_MAX_CPU_COUNT": cores})
        found.append(sums(scratch))
    assert found[0] == found[1]
    assert set(found[0]) == {"relu_mlp.pt", "curves.csv"}
    finished("evaluate_replication@relu_mlp", scratch)
    metrics = json.loads((scratch / "metrics/replications/relu_mlp.json").read_text())
    assert metrics["by_seed"].keys() == {"seed_0", "seed_1"}
    assert metrics["by_seed"]["seed_1"]["test"]["images"] == 240
    assert metrics["test"]["accuracy"].keys() >= {"mean", "low", "high", "another_low", "another_high"}


def test_runs_that_diverge_say_so_and_are_judged_all_the_same(scratch):
    change(scratch, replications={"relu_mlp": {"lr": 1000}})
    out, _ = finished("replicate@relu_mlp", scratch)
    assert "diverged" in out
    finished("evaluate_replication@relu_mlp", scratch)
    metrics = json.loads((scratch / "metrics/replications/relu_mlp.json").read_text())
    assert metrics["diverged"] is True


def test_an_unknown_replication_is_one_line(scratch):
    status, _, errors = end(start(command("replicate@nobody"), scratch))
    assert status == 1
    assert errors.count("\n") == 1
    assert "unknown replication 'nobody'; allowed: relu_mlp, softmax_document, softmax, tanh_mlp_document" in errors
