"""Stages of models that are given by their entries in params.yaml: wrong entries, and trainings that diverge."""

import json
import math

import pytest

from tests.running import change, command, end, make_small, start
from tests.test_pipeline import leaves

KNN = {"role": "handwriting", "inputs": "handwriting", "estimator": "knn"}
SMALL = {"epochs": 2, "batch_size": 32}
SEARCH = {"rounds": [{"weight_decay": [0.1, 0.01]}], "contenders": 2, "repeats": 2, "score_epochs": 1}


@pytest.fixture
def scratch(tmp_path):
    folder = make_small(tmp_path / "scratch")
    assert end(start(command("split@handwriting"), folder))[0] == 0
    return folder


def finished(stage, folder):
    status, out, errors = end(start(command(stage), folder))
    assert status == 0, errors
    return out, errors


@pytest.mark.parametrize(
    ("stage", "changes", "words"),
    [
        ("train@nobody", {}, ["unknown model 'nobody'", "relu_mlp"]),
        ("train@relu_mlp", {"models": {"relu_mlp": {"hyper": {"hidden": [0]}}}}, ["hidden.0 is 0", "greater than"]),
        (
            "train@relu_mlp",
            {"models": {"relu_mlp": {"hyper": {"width": 3}}}},
            ["hyper.width is 3", "hidden, activation"],
        ),
        ("train@softmax", {"models": {"softmax": {"hyper": {"activation": "gelu"}}}}, ["activation is 'gelu'"]),
        ("classify@nobody", {}, ["unknown classifier 'nobody'", "mean_image"]),
        ("classify@knn", {"classifiers": {"knn": KNN | {"hyper": {"neighbours": 0}}}}, ["neighbours is 0"]),
        ("classify@knn", {"classifiers": {"knn": KNN | {"hyper": {"neighbours": 1000}}}}, ["is 1000", "at most"]),
    ],
    ids=str,
)
def test_a_wrong_entry_is_one_line(stage, changes, words, scratch):
    change(scratch, **changes)
    status, _, errors = end(start(command(stage), scratch))
    assert status == 1
    assert errors.startswith("error in stage "), errors
    assert errors.count("\n") == 1, errors
    for word in words:
        assert word in errors
    assert not list((scratch / "models").glob("*.pt"))


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("relu_mlp", SMALL | {"lr": 100}),
        ("softmax", SMALL | {"lr": 100, "search": SEARCH}),
    ],
    ids=str,
)
def test_a_training_that_diverges_says_so_and_everything_else_goes_on(name, entry, scratch):
    change(scratch, models={name: entry})
    assert "diverged" in "".join(finished(f"train@{name}", scratch))
    finished(f"evaluate@{name}", scratch)
    finished(f"figures_model@{name}", scratch)
    metrics = json.loads((scratch / f"metrics/{name}.json").read_text())
    assert metrics["diverged"] is True
    assert metrics["last_finite_epoch"] == 0
    assert all(math.isfinite(value) for _, value in leaves(metrics))
    assert metrics["test"]["images"] == 240
