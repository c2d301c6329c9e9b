"""What a killed DVC leaves cut short is repaired, and no stage runs again for it."""

import subprocess

import pytest
import yaml

from tests.repositories import dvc, git, ran
from tests.scratch import ROOT
from vision.pipeline import lock_repair

FIRST = """\
schema: '2.0'
stages:
  first:
    cmd: cat input > first.out
    outs:
    - path: first.out
      md5: b026324c6904b2a9cb4b88d6d61c81d1
      size: 2
"""
LOCK = FIRST + FIRST.split("stages:\n")[1].replace("first", "second")


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    """A repository of DVC and git without any stage."""
    from dvc.repo import Repo

    folder = tmp_path_factory.mktemp("repository")
    git(folder, "init", "--quiet")
    with Repo.init(str(folder)) as repo:
        yield repo


@pytest.fixture
def commit(repo, monkeypatch):
    """Commit dvc.lock with a content, or none, in the repository, which is the current folder."""
    monkeypatch.chdir(repo.root_dir)

    def commit(content):
        lock_repair.RECORD.unlink(missing_ok=True)
        if content:
            lock_repair.RECORD.write_text(content)
        git(".", "add", "--all")
        git(".", "commit", "--quiet", "--allow-empty", "--message", "a lock")

    return commit


def test_lock_cut_anywhere_is_restored_as_committed_unless_it_ends_with_an_entry(commit):
    commit(LOCK)
    for size in (*range(0, len(LOCK), 9), len(FIRST)):
        lock_repair.RECORD.write_text(LOCK[:size])
        lock_repair.repair_record()
        assert lock_repair.RECORD.read_text() == (FIRST if LOCK[:size] == FIRST else LOCK)


@pytest.mark.parametrize("committed", [None, LOCK[:-20]], ids=["none", "cut short"])
def test_lock_cut_short_is_removed_where_no_complete_one_is_committed(committed, commit):
    commit(committed)
    lock_repair.RECORD.write_text(LOCK[:4])
    lock_repair.repair_record()
    assert not lock_repair.RECORD.exists()


def test_merge_conflict_and_missing_lock_stay(commit):
    commit(LOCK)
    lock_repair.RECORD.write_text(conflict := "<<<<<<< HEAD\n=======\n>>>>>>> a\n")
    lock_repair.repair_record()
    assert lock_repair.RECORD.read_text() == conflict
    lock_repair.RECORD.unlink()
    lock_repair.repair_record()
    assert not lock_repair.RECORD.exists()


def test_table_of_readers_is_removed_only_if_it_is_cut_short(repo, monkeypatch):
    monkeypatch.chdir(repo.root_dir)
    lock_repair.repair_table()  # there is none
    for content in ("{}", '{"write": {"a', ""):
        lock_repair.TABLE.write_text(content)
        lock_repair.repair_table()
        assert lock_repair.TABLE.exists() == (content == "{}")


def test_main_repairs_both_files_but_not_while_another_dvc_runs(repo, commit, capsys, monkeypatch):
    commit(LOCK)
    lock_repair.TABLE.write_text("{")
    lock_repair.RECORD.write_text("sch")
    monkeypatch.setattr("dvc.lock.DEFAULT_TIMEOUT", 0)
    with repo.lock:
        lock_repair.main()
    assert "another DVC process" in capsys.readouterr().err
    assert lock_repair.RECORD.read_text() == "sch"
    lock_repair.main()
    assert lock_repair.RECORD.read_text() == LOCK
    assert not lock_repair.TABLE.exists()


@pytest.mark.parametrize("target", ["repro", "document-002"])
def test_make_repairs_before_dvc_runs(target):
    words = ["make", "--dry-run", "--assume-old=.venv/installed", target]
    *_, first, second = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert first == "python -m vision.pipeline.lock_repair"
    assert second.startswith("dvc repro")


@pytest.mark.slow
def test_after_repair_of_a_lock_cut_short_no_stage_runs_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stage = {"cmd": "cat input > first.out", "deps": ["input"], "outs": ["first.out"]}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"first": stage}}))
    git(tmp_path, "init", "--quiet")
    dvc(tmp_path, "init", "--quiet")
    for content in ("1\n", "2\n"):  # the lock of the first is committed; DVC's run cache has the second
        (tmp_path / "input").write_text(content)
        assert ran(dvc(tmp_path, "repro")) == ["first"]
        if content == "1\n":
            git(tmp_path, "add", "--all")
            git(tmp_path, "commit", "--message", "a lock")
    lock = lock_repair.RECORD.read_bytes()
    lock_repair.RECORD.write_bytes(lock[: len(lock) // 2])
    lock_repair.main()
    assert ran(dvc(tmp_path, "repro")) == []
    assert lock_repair.RECORD.read_bytes() == lock
    assert (tmp_path / "first.out").read_text() == "2\n"
