"""The one comparison that the report and the gate share."""

import json

import pytest

from tests.repositories import git
from tests.studies import commit, make_study, write_lock, write_metrics, write_model
from vision.evidence.change.comparison import compare
from vision.evidence.change.judgement import BETTER, NOT_JUDGED, SAME, UNDECIDED, WORSE


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(make_study(tmp_path))
    return tmp_path


def test_each_model_is_judged_and_the_worst_comes_first(study):
    write_model(study, "model_1", range(10))  # 40 newly right
    write_model(study, "model_2", range(120))  # 70 newly wrong
    write_model(study, "model_3", range(53))
    write_model(study, "model_4", range(30, 85))  # 30 newly right, 35 newly wrong
    write_lock(study)
    found = compare("main")
    words = {pair.name: found.words(pair) for pair in found.models}
    assert words == {
        "model_2": {"accuracy": WORSE},
        "model_1": {"accuracy": BETTER},
        "model_4": {"accuracy": UNDECIDED},
        "model_3": {"accuracy": SAME},
    }
    assert list(words) == ["model_2", "model_1", "model_4", "model_3"]
    assert found.judged(WORSE) == ["model_2 test.accuracy"]


def test_pairing_decides_what_two_separate_intervals_leave_open(study):
    write_model(study, "convnet", range(80))
    write_lock(study)
    assert compare("main").judged(WORSE) == ["convnet test.accuracy"]
    (study / "plots/models/convnet/errors.csv").unlink()
    git(study, "rm", "--quiet", "--cached", "plots/models/convnet/errors.csv")
    git(study, "commit", "--quiet", "--message", "no table")
    write_model(study, "convnet", range(75))
    assert compare("main").judged(UNDECIDED) == ["convnet test.accuracy"]  # since main has no table


def test_of_other_images_or_without_its_table_a_model_is_not_judged(study):
    write_model(study, "convnet", range(80))
    write_lock(study, images=b"others")
    found = compare("main")
    assert found.judged(NOT_JUDGED) == ["convnet test.accuracy"]
    assert found.judged(WORSE) == found.judged(UNDECIDED) == []
    (study / "plots/models/convnet/errors.csv").unlink()
    write_lock(study)
    assert compare("main").judged(NOT_JUDGED) == ["convnet test.accuracy"]


def test_a_metric_that_is_gone_or_lost_its_interval_is_not_judged(study):
    for name in ("svm", "knn"):
        write_model(study, name, range(50))
    commit(study)
    for name, lost in (("svm", "loss"), ("knn", "loss_low")):
        metrics = json.loads((study / f"metrics/{name}.json").read_text())
        del metrics["test"][lost]
        write_metrics(study, name, metrics)
    (study / "metrics/model_3.json").unlink()
    found = compare("main")
    assert found.judged(NOT_JUDGED) == ["knn test.loss", "svm test.loss"]
    assert found.gone == ["model_3"]


def test_how_far_the_base_has_moved_on(study):
    git(study, "checkout", "--quiet", "-b", "branch")
    assert compare("main").missing == 0
    git(study, "checkout", "--quiet", "main")
    commit(study)
    git(study, "checkout", "--quiet", "branch")
    assert compare("main").missing == 1
