"""Better, worse, the same or undecided: by an interval and a declared margin."""

import pytest

from tests.scratch import ROOT
from tests.study import IMAGES, commit, write_metrics
from vision.evidence.change.judgement import (
    BETTER,
    NOT_JUDGED,
    SAME,
    UNDECIDED,
    WORSE,
    Margin,
    Measure,
    judge,
    measures,
    read_margins,
)
from vision.evidence.change.versions import revision, working_tree
from vision.pipeline.errors import UserError

HIGHER = Margin(better="higher", absolute=0.1)
LOWER = Margin(better="lower", absolute=0.1)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.11, 0.5, BETTER),
        (0.09, 0.5, UNDECIDED),
        (0.02, 0.09, SAME),  # surely higher, and surely too little to matter
        (-0.09, 0.09, SAME),
        (-0.2, 0.2, UNDECIDED),
        (-0.5, -0.09, UNDECIDED),
        (-0.5, -0.11, WORSE),
        (-0.5, -0.1, UNDECIDED),  # it touches the margin
        (0.1, 0.5, UNDECIDED),
        (0, 0.1, UNDECIDED),
        (-0.1, 0, UNDECIDED),
    ],
)
def test_margin_judges_by_where_the_whole_interval_lies(low, high, word):
    assert HIGHER.judge(1.0, (low, high)) == word
    assert LOWER.judge(1.0, (-high, -low)) == word


def test_margin_may_be_relative_to_the_value_before():
    margin = Margin(better="lower", relative=0.1)
    assert margin.judge(-1.0, (0.05, 0.09)) == SAME
    assert margin.judge(0.1, (0.05, 0.09)) == WORSE


def test_measures_are_numbers_with_the_interval_that_stands_beside_them():
    metrics = {
        "half": 1.0, "half_low": 0.5, "word": "high", "nothing": None, "nan": float("nan"), "flag": True,
        "test": {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "images": 10},
        "sizes": {"images_10": {"test_loss": {"mean": 0.5, "std": 0.1, "low": 0.3, "high": 0.7}}},
    }  # fmt: skip
    assert measures(metrics) == {
        "half": Measure(1.0, None),
        "flag": Measure(True, None),
        "test.accuracy": Measure(0.9, (0.8, 0.95)),
        "test.images": Measure(10, None),
        "sizes.images_10.test_loss.mean": Measure(0.5, (0.3, 0.7)),
        "sizes.images_10.test_loss.std": Measure(0.1, None),
    }


def words(paired=None, apart=()):
    here = working_tree()
    found = judge(revision("main"), here, read_margins(here), paired or {}, set(apart))
    return {(one.file.removeprefix("metrics/"), one.name): one.word for one in found}


def part(value, half=0.001):
    return {"accuracy": value, "accuracy_low": value - half, "accuracy_high": value + half}


def test_judge_gives_a_word_to_what_has_a_margin_and_an_interval_on_both_sides(study):
    seeds = {"mean": 0.9, "low": 0.899, "high": 0.901}
    write_metrics(study, "a", {"train": part(0.9), "test": part(0.9), "test_accuracy": seeds})
    write_metrics(study, "b", {"test": {"accuracy": 0.9}})
    write_metrics(study, "c", {"test": part(0.9)})
    write_metrics(study, "d", {"test": part(0.9)})
    commit(study)
    fewer = {"mean": 0.8, "low": 0.799, "high": 0.801}
    write_metrics(study, "a", {"train": part(0.8), "test": part(0.8), "test_accuracy": fewer})
    write_metrics(study, "b", {"test": part(0.8)})
    write_metrics(study, "c", {"test": {"accuracy": 0.9}})  # the interval is lost
    write_metrics(study, "d", {"test": part(0.9, 0.002)})  # the interval alone is another
    write_metrics(study, "e", {"test": part(0.9)})
    assert words() == {
        ("a.json", "test.accuracy"): WORSE,
        ("a.json", "test_accuracy.mean"): WORSE,
        ("a.json", "train.accuracy"): "",
        ("b.json", "test.accuracy"): "",
        ("c.json", "test.accuracy"): NOT_JUDGED,
        ("e.json", "test.accuracy"): "",
    }


def test_judge_prefers_a_paired_interval_and_refuses_other_images(study):
    write_metrics(study, "convnet", {"test": part(0.9940, 0.002)})
    key, file = ("convnet.json", "test.accuracy"), "metrics/convnet.json"
    assert words()[key] == UNDECIDED
    assert words(paired={file: (-0.0030, -0.0011)})[key] == WORSE
    assert words(paired={file: (-0.0009, 0.0009)})[key] == SAME
    assert words(apart=[file])[key] == NOT_JUDGED


def test_declared_margins_are_read_and_are_one_image_at_least(monkeypatch):
    monkeypatch.chdir(ROOT)
    margins = read_margins(working_tree())
    assert {"test.accuracy", "test.loss", "test.ece"} <= set(margins)
    assert margins["test.accuracy"].absolute * IMAGES >= 1


@pytest.mark.parametrize("text", ["{better: lower}", "{better: lower, absolute: 1, relative: 1}"])
def test_margin_is_either_absolute_or_relative(text, study):
    (study / "margins.yaml").write_text(f"test.loss: {text}\n")
    with pytest.raises(UserError, match=r"^margins\.yaml: test\.loss .*either absolute or relative"):
        read_margins(working_tree())
    (study / "margins.yaml").unlink()
    with pytest.raises(UserError, match=r"margins\.yaml: no such file"):
        read_margins(working_tree())
