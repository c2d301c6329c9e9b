"""Results that are not of what is here: other parameters, other code."""

import subprocess
import sys

import pytest
import yaml

from tests.repositories import dvc, git
from tests.scratch import ROOT
from tests.studies import commit, make_study
from vision.evidence.change.locks import read_lock
from vision.evidence.change.staleness import outdated_files, outdated_parameters, tree_hash
from vision.evidence.change.versions import working_tree


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    """A stage that reads a file, a folder, a parameter and what another stage made; run by DVC, and committed."""
    (tmp_path / "code/inner").mkdir(parents=True)
    for name in ("code/b.py", "code/inner/a.py", "code/ab.py", "alone.py"):
        (tmp_path / name).write_text(name)
    (tmp_path / "params.yaml").write_text("lr: 0.1\n")
    stages = {
        "first": {"cmd": "cp alone.py made.txt", "deps": ["alone.py", "code"], "params": ["lr"], "outs": ["made.txt"]},
        "second": {"cmd": "cp made.txt plots/x.csv", "deps": ["made.txt", "params.yaml"],
                   "outs": [{"plots/x.csv": {"cache": False}}]},
    }  # fmt: skip
    (tmp_path / "plots").mkdir()
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    git(tmp_path, "init", "--quiet", "--initial-branch", "main")
    dvc(tmp_path, "init", "--quiet")
    dvc(tmp_path, "repro")
    commit(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def stale():
    here = working_tree()
    lock = read_lock(here)
    return outdated_parameters(here, lock), outdated_files(lock)


def test_what_dvc_has_just_run_is_of_what_is_here(pipeline):
    assert stale() == ([], [])
    assert dict(read_lock(working_tree()).inputs).keys() == {"alone.py", "code"}


@pytest.mark.parametrize("name", ["alone.py", "code/inner/a.py", "code/new.py"])
def test_changed_code_is_named(name, pipeline):
    (pipeline / name).write_text("other")
    assert stale() == ([], [name.split("/")[0]])


def test_a_removed_file_of_a_folder_is_a_change(pipeline):
    (pipeline / "code/b.py").unlink()
    assert stale() == ([], ["code"])


def test_what_git_ignores_is_none(pipeline):
    (pipeline / ".gitignore").write_text("__pycache__/\n/made.txt\n")
    (pipeline / "code/__pycache__").mkdir()
    (pipeline / "code/__pycache__/b.pyc").write_text("1")
    (pipeline / "params.yaml").write_text("lr: 0.1 # why\n")
    assert stale() == ([], [])


def test_a_changed_parameter_is_named(pipeline):
    (pipeline / "params.yaml").write_text("lr: 0.2\n")
    assert stale() == (["lr"], [])


def test_a_stage_whose_results_are_gone_says_nothing(pipeline):
    lock = yaml.safe_load((pipeline / "dvc.lock").read_text())
    lock["stages"]["gone"] = {
        "cmd": "x", "deps": [{"path": "alone.py", "md5": "0" * 32}], "outs": [{"path": "metrics/gone.json", "md5": "1"}]
    }  # fmt: skip
    (pipeline / "dvc.lock").write_text(yaml.safe_dump(lock))
    assert stale() == ([], [])


def test_a_path_that_git_does_not_know_has_no_hash(pipeline):
    assert tree_hash("nothing.py") is None


def test_the_gate_and_the_report_say_so(tmp_path):
    study = make_study(tmp_path, ["convnet"])
    lock = yaml.safe_load((study / "dvc.lock").read_text())
    lock["stages"]["all"]["deps"] = [{"path": "net.py", "md5": "0" * 32}]
    (study / "dvc.lock").write_text(yaml.safe_dump(lock))
    (study / "net.py").write_text("other")
    commit(study)
    found = {}
    for module in ("gate", "pull_request"):
        command = [sys.executable, "-m", f"vision.evidence.change.{module}", "main"]
        found[module] = subprocess.run(
            command, cwd=study, env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True
        )
    assert found["gate"].returncode == 2
    assert "not rebuilt: net.py has changed since" in found["gate"].stdout
    assert "**Not rebuilt:** since the results were made, net.py changed" in found["pull_request"].stdout
