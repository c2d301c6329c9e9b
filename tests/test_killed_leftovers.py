"""What a killed stage leaves behind enters no hash: DVC does not see it."""

import shutil

import pytest
import yaml

from tests.repositories import dvc, git
from tests.scratch import ROOT
from vision.pipeline.files import atomic_write

pytestmark = pytest.mark.slow
MADE = ("data/", "models/", "metrics/", "plots/")


def folders() -> list[str]:
    """The folders of results that stages in dvc.yaml depend on, as of any one item."""
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].values()
    deps = {dep.replace("${key}", "key") for stage in stages for dep in stage.get("do", stage).get("deps", [])}
    return sorted(dep for dep in deps if f"{dep}/".startswith(MADE) and "." not in dep)


@pytest.fixture
def repository(tmp_path):
    """One stage that depends on all these folders, and has run."""
    for name in folders():
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / name / "finished.csv").write_text("epoch,loss\n")
    stage = {"cmd": "echo done > out", "deps": folders(), "outs": ["out"]}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"read": stage}}))
    git(tmp_path, "init", "--quiet")
    dvc(tmp_path, "init", "--quiet")
    shutil.copy(ROOT / ".dvcignore", tmp_path)
    dvc(tmp_path, "repro")
    return tmp_path


def leave(path):
    """Leave what a stage leaves that is killed before it renames its output to `path`."""
    with atomic_write(path) as temporary:
        temporary.write_text("half")
    path.rename(temporary)


def test_they_change_no_status_and_no_lock(repository):
    assert len(folders()) >= 4  # data/predictions, metrics, plots/models and others
    before = (repository / "dvc.lock").read_bytes()
    for name in folders():
        leave(repository / name / "accuracy.csv")
        leave(repository / name / "below/accuracy.csv")
        assert (repository / name / ".accuracy.csv.tmp").exists()
    assert "up to date" in dvc(repository, "status")
    dvc(repository, "repro", "--force")
    assert (repository / "dvc.lock").read_bytes() == before

    (repository / "metrics/accuracy.csv").write_text("whole")
    assert "modified" in dvc(repository, "status")
