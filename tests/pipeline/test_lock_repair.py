"""What a killed DVC leaves cut short is repaired, and no stage runs again for it."""

import subprocess

import pytest

from tests.repositories import git
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


def test_lock_cut_short_is_removed_where_no_complete_one_is_committed(commit):
    for committed in (None, LOCK[:-20]):
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
    words = ["make", "--no-print-directory", "--dry-run", "--assume-old=.venv/installed", target]
    *_, first, second = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert first == "python -m vision.pipeline.lock_repair"
    assert second.startswith("dvc repro")
