"""Results that were made with other parameters or other code than what lies in the working tree."""

import pytest
import yaml

from tests.study import PARAMS, commit
from vision.evidence.change import gate
from vision.evidence.change.comparison import compare
from vision.evidence.change.locks import read_lock
from vision.evidence.change.pull_request import render
from vision.evidence.change.staleness import outdated_files, outdated_parameters, tree_hash
from vision.evidence.change.versions import working_tree

# What DVC 3 records in dvc.lock of the files below.
HASHES = {"code": "ad53526fb41bd77fd0ad3a32246a308d.dir", "alone.py": "a4dc1990a3128161dadd2e4a9382660c"}


@pytest.fixture
def rebuilt(study):
    """The study with a stage that read a file, a folder, a parameter and an output of another stage."""
    (study / "code/inner").mkdir(parents=True)
    for name in ("code/b.py", "code/inner/a.py", "code/ab.py", "alone.py"):
        (study / name).write_text(name)
    add_stage(study, "new", HASHES | {"metrics/convnet.json": "0"}, {"plots/convnet/tsne.png": "1"}, {"lr": 0.1})
    commit(study)
    return study


def add_stage(study, name, deps, outs, params):
    lock = yaml.safe_load((study / "dvc.lock").read_text())
    described = [[{"path": path, "md5": md5} for path, md5 in files.items()] for files in (deps, outs)]
    stage = {"cmd": "x", "deps": described[0], "outs": described[1], "params": {"params.yaml": params}}
    (study / "dvc.lock").write_text(yaml.safe_dump({**lock, "stages": lock["stages"] | {name: stage}}))


def stale():
    here = working_tree()
    lock = read_lock(here)
    return outdated_parameters(here, lock), outdated_files(lock)


def test_tree_hash_is_that_of_dvc(rebuilt):
    assert {path: tree_hash(path) for path in HASHES} == HASHES
    assert tree_hash("nothing.py") is None
    assert dict(read_lock(working_tree()).inputs) == HASHES  # what another stage made is no input


@pytest.mark.parametrize("name", ["alone.py", "code/inner/a.py", "code/new.py"])
def test_outdated_files_names_changed_code_that_git_does_not_ignore(name, rebuilt):
    (rebuilt / "code/.gitignore").write_text("*.pyc\n.gitignore\n")
    (rebuilt / "code/b.pyc").write_text("1")
    assert stale() == ([], [])
    (rebuilt / name).write_text("other")
    assert stale() == ([], [name.split("/")[0]])
    (rebuilt / name).unlink()
    assert stale() == ([], ["code"] if "inner" in name else [])


def test_outdated_parameters_names_changed_values_and_nothing_that_is_gone(rebuilt):
    (rebuilt / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"lr": 0.2}))
    assert stale() == (["lr"], [])
    (rebuilt / "params.yaml").write_text("seed: 0\n")
    add_stage(rebuilt, "gone", {"alone.py": "0"}, {"metrics/gone.json": "1"}, {})  # nor a stage without results
    assert stale() == ([], [])


def test_gate_and_report_name_outdated_code(rebuilt, capsys):
    (rebuilt / "alone.py").write_text("other")
    assert gate.main("main") == gate.UNKNOWN
    assert "not rebuilt: alone.py has changed since" in capsys.readouterr().out
    assert "**Not rebuilt:** since the results were made, alone.py changed" in render(compare("main"), None)
