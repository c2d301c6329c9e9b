"""The gate fails where a metric is surely worse by more than its margin, and only there."""

import sys

import pytest

from tests.running import end, start
from tests.scratch import ROOT
from tests.study import commit, write_lock, write_model
from vision.evidence.change.gate import FAILS, PASSES, UNKNOWN, main

LAST = "passes: nothing is surely worse"


@pytest.mark.parametrize(
    ("wrong", "status", "lines"),
    [
        (range(50), PASSES, [LAST]),  # nothing changed
        (range(20), PASSES, [LAST]),  # better
        (range(53), PASSES, [LAST]),  # worse by three images, within the margin
        (range(65), PASSES, ["undecided: convnet test.accuracy", LAST]),
        (range(120), FAILS, ["worse: convnet test.accuracy", "fails: 1 surely worse by more than the margin"]),
    ],
)
def test_gate_fails_only_what_is_surely_worse(wrong, status, lines, study, capsys):
    write_model(study, "convnet", wrong)
    write_lock(study)
    assert main("main") == status
    assert capsys.readouterr().out.splitlines() == lines


def test_gate_passes_a_removed_model_and_names_it(study, capsys):
    (study / "metrics/svm.json").unlink()
    assert main("main") == PASSES
    assert capsys.readouterr().out.splitlines() == ["gone, and so not judged: svm", LAST]


def test_gate_cannot_judge_other_test_images_or_a_broken_file(study, capsys):
    write_model(study, "convnet", range(40))
    write_lock(study, images=b"others")
    assert main("main") == UNKNOWN
    assert "not judged: convnet test.accuracy" in capsys.readouterr().out
    (study / "metrics/svm.json").write_text("{")
    commit(study)
    write_model(study, "svm", range(50))
    assert main("main") == UNKNOWN
    assert capsys.readouterr().err.startswith("error: metrics/svm.json of main: ")


@pytest.mark.parametrize(("module", "expected"), [("gate", 2), ("pull_request", 1)])
def test_commands_end_with_one_line_where_there_is_no_such_base(module, expected, study):
    command = [sys.executable, "-m", f"vision.evidence.change.{module}", "no-such"]
    status, out, errors = end(start(command, study, env={"PYTHONPATH": str(ROOT)}))
    assert (status, out, errors.count("\n")) == (expected, "", 1)
    assert "no-such" in errors
