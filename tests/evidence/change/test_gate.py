"""The gate fails where a number is significantly worse by more than its margin, and only there."""

import sys

import pytest

from tests.running import end, start
from tests.scratch import ROOT
from tests.study import MODELS, commit, write_data, write_lock, write_model
from vision.evidence.change.gate import FAILS, PASSES, UNKNOWN, main

LAST = "passes: nothing is significantly worse"


@pytest.mark.parametrize(
    ("wrong", "status", "lines"),
    [
        (range(50), PASSES, [LAST]),  # nothing changed
        (range(20), PASSES, [LAST]),  # better
        (range(53), PASSES, [LAST]),  # worse by three images, within the margin
        (range(65), PASSES, ["undecided: convnet test.accuracy", LAST]),
        (range(120), FAILS, ["worse: convnet test.accuracy", "fails: 1 significantly worse by more than the margin"]),
    ],
)
def test_gate_fails_only_what_is_significantly_worse(wrong, status, lines, study, capsys):
    write_model(study, "convnet", wrong)
    write_lock(study)
    assert main("main") == status
    assert capsys.readouterr().out.splitlines() == lines


def test_gate_refuses_other_test_images(study, capsys):
    write_model(study, "convnet", range(120))
    write_data(study / "data/raw/handwriting.npz", "other images")
    write_lock(study)
    assert main("main") == UNKNOWN
    assert capsys.readouterr().out.startswith("not comparable: convnet test.accuracy (other test images)\n")


BROKEN = {
    "metrics/svm.json": "{",
    f"{MODELS}/svm/evaluation/scores.csv": "name,value,low,high,n\ntest.loss,x,,,\n",
    f"{MODELS}/svm/evaluation/errors.csv": "image,la",
    "plots/claims/000/claims.csv": "row\n1\n",
}


@pytest.mark.parametrize("path", BROKEN)
def test_gate_names_a_file_that_is_broken_alike_in_both_versions_or_in_the_base(path, study, capsys):
    whole = (study / path).read_text()
    write_data(study / path, BROKEN[path])
    write_lock(study)
    commit(study)
    for _ in range(2):
        assert main("main") == UNKNOWN
        assert path in capsys.readouterr().err
        write_data(study / path, whole)
        write_lock(study)


def test_gate_names_a_broken_lock(study, capsys):
    write_data(study / "dvc.lock", "stages: []\n")
    assert main("main") == UNKNOWN
    assert "dvc.lock" in capsys.readouterr().err


@pytest.mark.parametrize("base", ["no-such", "--all", "main:params.yaml", ""])
def test_gate_names_a_base_that_does_not_exist(base, study, capsys):
    assert main(base) == UNKNOWN
    assert capsys.readouterr().err.startswith(f"error: {base!r} is no revision here")


@pytest.mark.parametrize(("module", "expected"), [("gate", 2), ("pull_request", 1)])
def test_commands_end_with_one_line_where_there_is_no_such_base(module, expected, study):
    command = [sys.executable, "-m", f"vision.evidence.change.{module}", "no-such"]
    status, out, errors = end(start(command, study, env={"PYTHONPATH": str(ROOT)}))
    assert (status, out, errors.count("\n")) == (expected, "", 1)
