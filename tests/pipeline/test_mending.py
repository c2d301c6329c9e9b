"""What a DVC that was killed while it wrote leaves cut short is put back, and nothing is computed again for it."""

import shutil
import subprocess
import sys
import time

import pytest
import yaml

from tests.repositories import dvc, git, ran
from tests.running import end, start
from tests.scratch import ROOT

STAGES = ("first", "second", "third")
UNKNOWN = 1000  # entries of stages that dvc.yaml does not have; DVC keeps them, and writes for longer


def stage(name, dep):
    """A stage with an output in DVC's cache and one in git; what ran is counted outside of the repository."""
    cmd = f"echo {name} >> ../ran && cat {dep} > {name}.out && echo 1 > {name}.json"
    return {"cmd": cmd, "deps": [dep], "outs": [f"{name}.out"], "metrics": [{f"{name}.json": {"cache": False}}]}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Three stages in a row that have run, with dvc.lock committed."""
    folder = tmp_path_factory.mktemp("made") / "repository"
    folder.mkdir()
    (folder / "input").write_text("1\n")
    deps = ("input", "first.out", "second.out")
    stages = {name: stage(name, dep) for name, dep in zip(STAGES, deps, strict=True)}
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    git(folder, "init", "--quiet")
    dvc(folder, "init", "--quiet")
    (folder / ".gitignore").write_text("*.out\n__pycache__\n")
    for name in ("vision/pipeline/mending.py", "Makefile"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    dvc(folder, "repro")
    git(folder, "add", "--all")
    git(folder, "commit", "--message", "results")
    return folder


@pytest.fixture
def repository(made, tmp_path):
    """A copy of it, beside the list of what ran."""
    shutil.copytree(made.parent, tmp_path, dirs_exist_ok=True)
    return tmp_path / "repository"


def mend(folder):
    status, out, errors = end(start([sys.executable, "-m", "vision.pipeline.mending"], folder))
    assert status == 0, errors
    return out + errors


def times_run(folder):
    return (folder.parent / "ran").read_text().split()


# Where a lock is cut short: all kinds of places.
CUTS = {
    "empty": lambda lock: 0,
    "half the first key": lambda lock: 4,
    "before the first entry": lambda lock: lock.index("  first:"),
    "half a line": lambda lock: lock.index("  second:") + 6,
    "a line into an entry": lambda lock: lock.index("\n", lock.index("  second:")) + 1,
    "a key without its list": lambda lock: lock.index("    - path", lock.index("  second:")),
    "an entry with its command alone": lambda lock: lock.index("    deps:", lock.index("  second:")),
    "half a checksum": lambda lock: lock.rindex("md5: ") + 12,
    "no size after a checksum": lambda lock: lock.rindex("      size:"),
    "before the last entry": lambda lock: lock.index("  third:"),
}


@pytest.mark.parametrize("place", CUTS)
@pytest.mark.parametrize("committed", [True, False], ids=["committed", "not committed"])
def test_a_lock_cut_short_computes_nothing_again(place, committed, repository):
    lock = repository / "dvc.lock"
    whole = lock.read_text()
    if not committed:
        git(repository, "rm", "--cached", "--quiet", "dvc.lock")
        git(repository, "commit", "--message", "no lock")
    lock.write_text(whole[: CUTS[place](whole)])
    said = mend(repository)
    assert said.count("\n") <= 1
    assert ran(dvc(repository, "repro")) == []
    assert times_run(repository) == list(STAGES)
    assert lock.read_text() == whole
    for name in STAGES:
        assert (repository / f"{name}.json").read_text() == (repository / f"{name}.out").read_text() == "1\n"


def test_what_ran_since_the_commit_is_not_computed_again(repository):
    (repository / "input").write_text("2\n")
    dvc(repository, "repro")
    lock = repository / "dvc.lock"
    whole = lock.read_text()
    lock.write_text(whole[: len(whole) // 2])
    assert "put back as committed" in mend(repository)
    assert ran(dvc(repository, "repro")) == []
    assert lock.read_text() == whole
    assert (repository / "third.out").read_text() == "2\n"


@pytest.mark.parametrize("content", ["", '{"write": {"a'])
def test_a_table_of_readers_cut_short_is_removed(content, repository):
    (repository / ".dvc/tmp/rwlock").write_text(content)
    assert "removed" in mend(repository)
    assert ran(dvc(repository, "repro", "--force", "first")) == ["first"]


def test_what_is_whole_or_is_no_work_of_a_kill_stays(repository):
    lock = repository / "dvc.lock"
    (repository / "input").write_text("2\n")
    dvc(repository, "repro")
    conflict = "<<<<<<< HEAD\nschema: '2.0'\n=======\n>>>>>>> theirs\n"
    for content in (lock.read_text(), conflict):
        lock.write_text(content)
        assert mend(repository) == ""
        assert lock.read_text() == content
    lock.unlink()
    assert mend(repository) == ""
    assert not lock.exists()


def test_a_lock_that_another_dvc_may_be_writing_stays(repository):
    (repository / "dvc.lock").write_text("sch")
    hold = "from dvc.repo import Repo\nwith Repo() as repo, repo.lock: print('held', flush=True); input()"
    other = start([sys.executable, "-c", hold], repository, stdin=subprocess.PIPE)
    assert other.stdout.readline() == "held\n"
    assert "another DVC process" in mend(repository)
    assert (repository / "dvc.lock").read_text() == "sch"
    other.communicate("\n")


@pytest.mark.parametrize("target", ["repro", "document-002"])
def test_make_mends_first(target, repository):
    programs = repository / ".venv/bin"
    programs.mkdir(parents=True)
    for name, does in (("python", f'exec {sys.executable} "$@"'), ("dvc", "head -n 1 dvc.lock")):
        (programs / name).write_text(f"#!/bin/sh\n{does}\n")
        (programs / name).chmod(0o755)
    shutil.copy(ROOT / "requirements.txt", repository)
    (repository / ".venv/installed").touch()
    (repository / "dvc.lock").write_text("")
    status, out, errors = end(start(["make", "--silent", target], repository))
    assert status == 0, errors
    assert out.splitlines()[-1] == "schema: '2.0'"


def kill_while_writing(repository):
    """Run dvc for a changed input, and kill it as soon as dvc.lock has become shorter; return the lock before."""
    lock = repository / "dvc.lock"
    entry = "  unknown_{}:\n    cmd: 'true'\n    outs:\n    - path: x\n      md5: abc\n      size: 1\n"
    lock.write_text(lock.read_text() + "".join(entry.format(number) for number in range(UNKNOWN)))
    git(repository, "commit", "--all", "--message", "a long lock")
    before = lock.read_bytes()
    (repository / "input").write_text("2\n")
    process = start([sys.executable, "-m", "dvc", "repro", "first"], repository)
    while lock.stat().st_size >= len(before):
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    process.kill()
    process.communicate()
    assert lock.stat().st_size < len(before)
    return before


def test_killed_while_it_writes(repository):
    before = kill_while_writing(repository)
    assert end(start([sys.executable, "-m", "dvc", "status"], repository))[0] != 0
    assert "put back as committed" in mend(repository)
    assert (repository / "dvc.lock").read_bytes() == before
    assert ran(dvc(repository, "repro", "first")) == []
    assert times_run(repository) == [*STAGES, "first"]
    assert (repository / "first.out").read_text() == "2\n"
