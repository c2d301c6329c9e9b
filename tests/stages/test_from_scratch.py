"""The stages of the network from scratch: bits that no number of workers changes, and runs that all diverge."""

import hashlib
import json
import shutil

import pytest

from tests.running import change, command, end, make_small, start

RUN = {"role": "fashion", "inputs": "fashion", "net": "numpy_mlp"}
SETTINGS = {"hidden": [5], "epochs": 2, "checkpoints": [1, 2]}


@pytest.fixture
def scratch(tmp_path):
    folder = make_small(tmp_path / "scratch")
    shutil.copy(folder / "data/raw/handwriting.npz", folder / "data/raw/fashion.npz")
    change(folder, from_scratch=SETTINGS)
    assert end(start(command("split@fashion"), folder))[0] == 0
    return folder


def finished(stage, folder, **options):
    status, out, errors = end(start(command(stage), folder, **options))
    assert status == 0, errors
    return out


def test_the_bits_do_not_depend_on_the_number_of_workers(scratch):
    found = []
    for cores in ("1", "2"):
        finished("from_scratch", scratch, env={"LOKY_MAX_CPU_COUNT": cores})
        made = [*scratch.glob("models/from_scratch/*.pt"), scratch / "plots/from_scratch/curves.csv"]
        found.append({path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in made})
    assert found[0] == found[1]
    assert {"numpy_relu.pt", "sklearn_relu.pt", "sklearn_relu_defaults.pt", "curves.csv"} <= set(found[0])
    finished("judge_from_scratch", scratch)
    finished("evaluate_from_scratch@numpy_relu", scratch)
    metrics = json.loads((scratch / "metrics/from_scratch.json").read_text())
    assert metrics["numpy_relu"]["epoch_2"]["images"] == 240
    judged = json.loads((scratch / "metrics/numpy_relu.json").read_text())["test"]
    assert judged.items() >= metrics["numpy_relu"]["best"].items()


def test_where_every_run_diverges_that_is_one_line(scratch):
    run = RUN | {"trainer": "numpy", "activation": "linear", "lr": 1000}
    others = ("numpy_linear", "sklearn_relu_defaults", "sklearn_linear_defaults")  # of tests/digits.yaml
    change(scratch, from_scratch={"models": {"numpy_relu": run, "sklearn_relu": run}, "others": dict.fromkeys(others)})
    assert "diverged in epoch 1" in finished("from_scratch", scratch)
    status, _, errors = end(start(command("judge_from_scratch"), scratch))
    assert status == 1
    assert errors.count("\n") == 1
    assert "every network of from_scratch diverged in its first epoch; choose smaller rates" in errors
