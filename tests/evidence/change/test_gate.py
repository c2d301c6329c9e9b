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


def test_gate_names_files_that_are_broken_here_or_in_the_base(study, capsys):
    for path, text in BROKEN.items():
        whole = (study / path).read_text()
        write_data(study / path, text)
        write_lock(study)
        commit(study)
        assert (main("HEAD~"), main("HEAD")) == (UNKNOWN, UNKNOWN)
        write_data(study / path, whole)
        write_lock(study)
        assert main("HEAD") == UNKNOWN
        assert [path in line for line in capsys.readouterr().err.splitlines()] == [True] * 3
        commit(study)
    write_data(study / "dvc.lock", "stages: []\n")
    assert main("main") == UNKNOWN
    assert "dvc.lock" in capsys.readouterr().err


def test_gate_names_a_base_that_does_not_exist(study, capsys):
    for base in ("no-such", "--all", "main:params.yaml", ""):
        assert main(base) == UNKNOWN
        assert capsys.readouterr().err.startswith(f"error: {base!r} is no revision here")
    for module, expected in (("gate", UNKNOWN), ("pull_request", 1)):
        command = [sys.executable, "-m", f"vision.evidence.change.{module}", "no-such"]
        status, out, errors = end(start(command, study, env={"PYTHONPATH": str(ROOT)}))
        assert (status, out, errors.count("\n")) == (expected, "", 1)
