"""The one comparison that the report and the gate share."""

import pytest

from tests.studies import make_study, write_lock, write_model
from vision.evidence.change.comparison import compare
from vision.evidence.change.judgement import BETTER, SAME, UNDECIDED, WORSE


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
    write_lock(study, images=b"others")
    assert compare("main").judged(UNDECIDED) == ["convnet test.accuracy"]
