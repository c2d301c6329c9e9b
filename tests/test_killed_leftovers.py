"""The files that a killed stage leaves change no hash: DVC ignores them."""

import shutil

import pytest
import yaml

from tests.repositories import dvc, git
from tests.scratch import ROOT
from vision.pipeline.files import atomic_write

pytestmark = pytest.mark.slow
FOLDERS = ("data/prepared/handwriting", "models/replications", "metrics", "plots/models")


def leave(path):
    """Leave what a stage leaves that is killed before it renames its output to `path`."""
    with atomic_write(path) as temporary:
        temporary.write_text("half")
    path.rename(temporary)
    assert temporary.exists()


def test_leftovers_of_a_killed_stage_change_no_status_and_no_lock(tmp_path):
    for name in FOLDERS:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "finished.csv").write_text("epoch,loss\n")
    stage = {"cmd": "echo done > out", "deps": list(FOLDERS), "outs": ["out"]}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"read": stage}}))
    git(tmp_path, "init", "--quiet")
    dvc(tmp_path, "init", "--quiet")
    shutil.copy(ROOT / ".dvcignore", tmp_path)
    dvc(tmp_path, "repro")
    before = (tmp_path / "dvc.lock").read_bytes()
    for name in FOLDERS:
        leave(tmp_path / name / "accuracy.csv")
        leave(tmp_path / name / "below/accuracy.csv")
    assert "up to date" in dvc(tmp_path, "status")
    dvc(tmp_path, "repro", "--force")
    assert (tmp_path / "dvc.lock").read_bytes() == before

    (tmp_path / "metrics/accuracy.csv").write_text("whole")
    assert "modified" in dvc(tmp_path, "status")
