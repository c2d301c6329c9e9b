"""Cheap stages that run again in a copy of the commit: a forged dvc.lock does not help."""

import secrets
from pathlib import Path

import pytest

from tests.repositories import git
from tests.study import commit, write_data, write_lock
from vision.evidence.change import gate, rebuilt
from vision.evidence.change.comparison import compare


@pytest.fixture(autouse=True)
def first(monkeypatch):
    """The further stage is the first of those that did not change."""
    monkeypatch.setattr(secrets, "choice", lambda names: names[0])


def test_unchanged_stage_gives_the_same_outputs_and_leaves_nothing_behind(study):
    rebuilt.main("main")
    assert rebuilt.read_rebuilt() == {"claims_000": True}
    assert compare("main").doubts() == []
    assert git(study, "worktree", "list").count("\n") == 1
    commit(study)  # it is not of this commit
    assert rebuilt.read_rebuilt() == {}


def test_forged_table_and_lock_fail_the_gate(study, capsys):
    table = Path("plots/claims/000/claims.csv")
    write_data(table, table.read_text().replace("supported", "refuted"))
    write_lock(study)
    commit(study)
    assert compare("HEAD~").doubts() == []
    rebuilt.main("HEAD~")
    assert rebuilt.read_rebuilt() == {"claims_000": False, "download": False}  # the second fails
    capsys.readouterr()
    assert gate.main("HEAD~") == gate.UNKNOWN
    assert capsys.readouterr().out.startswith("claims_000: gives other outputs when it runs again\n")
