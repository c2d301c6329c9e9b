"""A DVC repository with results of three models, committed once and copied for each test."""

import shutil

import pytest

from tests.study import make_study


@pytest.fixture(scope="session")
def committed(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("study"))


@pytest.fixture
def study(committed, tmp_path, monkeypatch):
    folder = shutil.copytree(committed, tmp_path / "study")
    monkeypatch.chdir(folder)
    return folder
