"""A scratch copy deletes only what it made, and one process at a time works in it."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repositories import git
from tests.running import end, files, start, wait_for
from tests.scratch import ROOT

COPIED = ("tests/scratch.py", "tests/digits.yaml", "params.yaml", ".gitignore", "Makefile", "requirements.txt")
WAIT = "import pathlib, time; pathlib.Path('ready').touch(); time.sleep(60)"


@pytest.fixture
def repository(tmp_path):
    """A repository that may be deleted, should a mend fail: what tests/scratch.py and `make demo` need, no more."""
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


@pytest.mark.parametrize("folder", [".", "..", "tests/..", "../repository", "link"])
def test_the_repository_and_what_holds_it_stay(folder, repository):
    (repository / "link").symlink_to(".")
    before = files(repository.parent)
    assert "this repository" in refusal(scratch(repository, folder))
    assert files(repository.parent) == before
    assert (repository / ".git/HEAD").exists()


@pytest.mark.parametrize("folder", ["tests", "../beside", "linked"])
def test_what_was_not_made_here_stays(folder, repository):
    (repository / "../beside").mkdir()
    (repository / "../beside/thesis.txt").write_text("years of work")
    (repository / "linked").symlink_to("../beside")
    before = files(repository.parent)
    assert "not made here" in refusal(scratch(repository, folder))
    assert files(repository.parent) == before


def test_a_file_in_its_place_stays(repository):
    (repository / "taken").write_text("a file")
    assert "taken" in refusal(scratch(repository, "taken"))
    assert (repository / "taken").read_text() == "a file"


def test_what_was_made_here_is_made_anew(repository):
    assert end(scratch(repository, ".demo"))[0] == 0
    made = files(repository / ".demo")
    (repository / ".demo/old").mkdir()
    (repository / ".demo/old/output").touch()
    shutil.rmtree(repository / ".demo/.git")  # as after a kill in the midst of it
    assert end(scratch(repository, ".demo"))[0] == 0
    assert files(repository / ".demo") == made
    assert git(repository / ".demo", "status", "--short") == ""
    assert ".scratch" not in git(repository / ".demo", "ls-files").split()


def test_an_empty_folder_will_do(repository):
    (repository / ".demo").mkdir()
    assert end(scratch(repository, ".demo"))[0] == 0
    assert (repository / ".demo/params.yaml").exists()


def test_a_link_in_it_is_not_followed(repository):
    assert end(scratch(repository, ".demo"))[0] == 0
    (repository / "../mirror").mkdir()
    (repository / "../mirror/images").touch()
    (repository / ".demo/data").symlink_to("../../mirror")
    assert end(scratch(repository, ".demo"))[0] == 0
    assert (repository / "../mirror/images").exists()


def test_a_command_runs_there_and_gives_its_status(repository):
    show = "import os, sys; print(os.getcwd()); sys.exit(7)"
    status, out, errors = end(scratch(repository, ".demo", sys.executable, "-c", show))
    assert (status, out, errors) == (7, f"{repository}/.demo\n", "")
    assert "no-such-program" in refusal(scratch(repository, ".demo", "no-such-program"))


def test_the_second_at_once_leaves_the_first_alone(repository):
    first = scratch(repository, ".demo", sys.executable, "-c", WAIT)
    wait_for((repository / ".demo/ready").exists, "the first's command")
    assert "in use" in refusal(scratch(repository, ".demo", "true"))
    assert (repository / ".demo/ready").exists()
    assert end(scratch(repository, "other", "true"))[0] == 0
    first.kill()
    end(first)
    assert end(scratch(repository, ".demo", "true"))[0] == 0
    assert not (repository / ".demo/ready").exists()


def test_two_demos_at_once(repository):
    programs = repository / ".venv/bin"
    programs.mkdir(parents=True)
    (repository / ".venv/installed").touch()
    (programs / "dvc").write_text(f'#!/bin/sh\nexec {sys.executable} -c "{WAIT}"\n')
    (programs / "dvc").chmod(0o755)
    first = start(["make", "demo"], repository, start_new_session=True)
    wait_for((repository / ".demo/ready").exists, "dvc in the demo")
    status, _, errors = end(start(["make", "demo"], repository))
    assert status != 0
    assert "in use" in errors
    assert (repository / ".demo/ready").exists()
    assert first.poll() is None
    os.killpg(first.pid, signal.SIGKILL)
    end(first)
