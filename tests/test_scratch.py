"""A scratch copy deletes only what it made, and one process at a time works in it."""

import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

import pytest
from dvc.dependency import ParamsDependency
from dvc.repo import Repo

from tests import scratch as scratch_copy
from tests.repositories import git
from tests.running import end, files, start, wait_for
from tests.scratch import ROOT
from vision.evidence.change.integrity import overlaps

COPIED = (
    "tests/scratch.py", "tests/digits.yaml", "tests/demo.yaml", "dvc.yaml", "params.yaml", ".gitignore", "Makefile",
    "requirements.txt",
)  # fmt: skip
WAIT = "import pathlib, time; pathlib.Path('ready').touch(); time.sleep(60)"


@pytest.fixture
def repository(tmp_path):
    """A repository that may be deleted, should a test fail: what tests/scratch.py needs, no more."""
    folder = tmp_path.resolve() / "around" / "repository"
    for name in COPIED:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    return folder


def scratch(repository: Path, *words: str) -> subprocess.Popen:
    return start([sys.executable, "tests/scratch.py", *words], repository)


def refusal(process: subprocess.Popen) -> str:
    status, out, errors = end(process)
    assert (status, out, errors.count("\n")) == (1, "", 1), errors
    return errors


@pytest.mark.parametrize(
    ("folder", "reason"),
    [("..", "this repository"), ("link", "this repository"), ("tests", "not made here"), ("linked", "not made here")],
)
def test_folder_that_was_not_made_here_is_refused_and_stays(folder, reason, repository):
    (repository / "link").symlink_to(".")
    (repository / "../beside").mkdir()
    (repository / "../beside/thesis.txt").write_text("years of work")
    (repository / "linked").symlink_to("../beside")
    before = files(repository.parent)
    assert reason in refusal(scratch(repository, folder))
    assert files(repository.parent) == before


def test_folder_made_here_is_made_anew_and_no_link_in_it_is_followed(repository):
    assert end(scratch(repository, ".demo"))[0] == 0
    made = files(repository / ".demo")
    (repository / ".demo/old").mkdir()
    (repository / ".demo/old/output").touch()
    (repository / "../mirror").mkdir()
    (repository / "../mirror/images").touch()
    (repository / ".demo/data").symlink_to("../../mirror")
    shutil.rmtree(repository / ".demo/.git")  # as after a kill in the midst of it
    assert end(scratch(repository, ".demo"))[0] == 0
    assert files(repository / ".demo") == made
    assert (repository / "../mirror/images").exists()
    assert git(repository / ".demo", "status", "--short") == ""


def test_command_runs_in_the_copy_and_gives_its_status(repository):
    show = "import os, sys; print(os.getcwd()); sys.exit(7)"
    status, out, errors = end(scratch(repository, ".demo", sys.executable, "-c", show))
    assert (status, out, errors) == (7, f"{repository}/.demo\n", "")
    assert "no-such-program" in refusal(scratch(repository, ".demo", "no-such-program"))


def test_second_command_at_once_is_refused(repository):
    first = scratch(repository, ".demo", sys.executable, "-c", WAIT)
    wait_for((repository / ".demo/ready").exists, "the first command")
    assert "in use" in refusal(scratch(repository, ".demo", "true"))
    assert (repository / ".demo/ready").exists()
    first.kill()
    end(first)
    assert end(scratch(repository, ".demo", "true"))[0] == 0
    assert not (repository / ".demo/ready").exists()


def test_demo_has_every_parameter_and_file_that_its_stages_name(tmp_path):
    scratch_copy.main(folder := tmp_path.resolve())
    with chdir(folder), Repo() as repo:
        made = [str(out) for out in repo.index.outs]
        for dep in repo.index.deps:
            if isinstance(dep, ParamsDependency):
                assert set(dep.params) <= dep.read_params().keys(), dep.stage
            else:
                assert dep.exists or any(overlaps(str(dep), out) for out in made), dep
