"""A gate that closes where a metric is surely worse, and only there."""

import sys

import pytest

from tests.running import end, start
from tests.scratch import ROOT
from tests.studies import commit, make_study, write_lock, write_model


@pytest.fixture
def study(tmp_path):
    return make_study(tmp_path, ["convnet", "svm"])


def gate(study, base="main", **options):
    command = [sys.executable, "-m", "vision.evidence.change.gate", base]
    return end(start(command, study, env={"PYTHONPATH": str(ROOT)}, **options))


def test_nothing_changed_passes(study):
    assert gate(study) == (0, "passes: nothing is surely worse\n", "")


@pytest.mark.parametrize(
    ("wrong", "status", "lines"),
    [
        (range(20), 0, ["passes: nothing is surely worse"]),  # better
        (range(53), 0, ["passes: nothing is surely worse"]),  # worse by three images, within the margin
        (range(65), 0, ["undecided: convnet test.accuracy", "passes: nothing is surely worse"]),
        (range(120), 1, ["worse: convnet test.accuracy", "fails: 1 surely worse by more than the margin"]),
    ],
)
def test_only_what_is_surely_worse_fails_and_what_is_undecided_is_printed(wrong, status, lines, study):
    write_model(study, "convnet", wrong)
    write_lock(study)
    assert gate(study) == (status, "".join(f"{line}\n" for line in lines), "")


def test_the_margin_decides(study):
    write_model(study, "convnet", range(120))
    write_lock(study)
    margins = study / "margins.yaml"
    margins.write_text(margins.read_text().replace("absolute: 0.001", "absolute: 0.02"))
    assert gate(study)[:2] == (0, "passes: nothing is surely worse\n")


def test_a_model_that_is_gone_is_printed(study):
    (study / "metrics/svm.json").unlink()
    assert gate(study)[:2] == (0, "gone, and so not judged: svm\npasses: nothing is surely worse\n")


@pytest.mark.parametrize("base", ["no-such-branch", "", "--help"])
def test_what_cannot_be_told_is_another_status(base, study):
    status, out, errors = gate(study, base)
    assert (status, out, errors.count("\n")) == (2, "", 1)
    assert "no revision" in errors


def test_a_broken_file_cannot_be_judged(study):
    (study / "metrics/svm.json").write_text("{")
    commit(study)
    write_model(study, "svm", range(50))
    status, out, errors = gate(study)
    assert (status, out) == (2, "")
    assert errors.startswith("error: metrics/svm.json of main: ")


def test_a_name_cannot_forge_a_line(study):
    write_model(study, "a\n::error::forged\nb", range(10))
    commit(study)
    write_model(study, "a\n::error::forged\nb", range(200))
    write_lock(study)
    status, out, _ = gate(study)
    assert status == 1
    assert not [line for line in out.splitlines() if line.startswith("::")]
    assert len(out.splitlines()) == 2
