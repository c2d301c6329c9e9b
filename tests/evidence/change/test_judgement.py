"""Better, worse, the same or undecided: by an interval and a declared margin, and by nothing else."""

import pytest

from tests.scratch import ROOT
from tests.studies import IMAGES, commit, make_study, write_metrics
from vision.evidence.change.judgement import (
    BETTER,
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
        (0.09, 0.5, UNDECIDED),  # part of it is within the margin
        (0.02, 0.09, SAME),  # surely higher, and surely too little to matter
        (-0.09, 0.09, SAME),
        (-0.2, 0.2, UNDECIDED),
        (-0.5, -0.09, UNDECIDED),
        (-0.5, -0.11, WORSE),
    ],
)
def test_the_word_is_given_by_where_the_whole_interval_lies(low, high, word):
    opposite = {BETTER: WORSE, WORSE: BETTER}.get(word, word)
    assert HIGHER.judge(1.0, (low, high)) == word
    assert LOWER.judge(1.0, (low, high)) == opposite
    assert LOWER.judge(1.0, (-high, -low)) == word


def test_a_relative_margin_is_a_share_of_the_value_before():
    margin = Margin(better="lower", relative=0.1)
    assert margin.judge(1.0, (0.05, 0.09)) == SAME
    assert margin.judge(0.1, (0.05, 0.09)) == WORSE


def test_measures_are_the_numbers_with_the_interval_that_stands_beside_them():
    metrics = {
        "loss": 0.5, "loss_low": 0.4, "loss_high": 0.6, "half": 1.0, "half_low": 0.5,
        "test": {"accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95, "images": 10},
        "sizes": {"images_10": {"test_loss": {"mean": 0.5, "std": 0.1, "low": 0.3, "high": 0.7}}},
        "chance": {"mean": 0.5, "low": 0.5, "high": 0.5},
        "word": "high", "nothing": None, "infinite": float("inf"), "nan": float("nan"), "huge": 10**400,
    }  # fmt: skip
    assert measures(metrics) == {
        "loss": Measure(0.5, (0.4, 0.6)),
        "half": Measure(1.0, None),
        "test.accuracy": Measure(0.9, (0.8, 0.95)),
        "test.images": Measure(10, None),
        "sizes.images_10.test_loss.mean": Measure(0.5, (0.3, 0.7)),
        "sizes.images_10.test_loss.std": Measure(0.1, None),
        "chance.mean": Measure(0.5, None),  # seeds that agree by chance tell nothing about their spread
    }


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(make_study(tmp_path, ["convnet"]))
    return tmp_path


def words(margins=None, paired=None):
    here = working_tree()
    return {
        one.name: one.word for one in judge(revision("main"), here, margins or read_margins(here), paired or {}, set())
    }


def part(value, half=0.001):
    return {"accuracy": value, "accuracy_low": value - half, "accuracy_high": value + half}


def test_only_what_has_a_margin_and_an_interval_on_both_sides_gets_a_word(study):
    old = {name: part(0.9) for name in ("train", "test", "valid")} | {"test_accuracy": {"mean": 0.9, "std": 0.1}}
    write_metrics(study, "a", old)
    write_metrics(study, "b", {"test": {"accuracy": 0.9}})
    commit(study)
    write_metrics(study, "a", {name: part(0.8) for name in ("train", "test", "valid")})
    write_metrics(study, "b", {"test": part(0.8)})
    judged = judge(revision("main"), working_tree(), read_margins(working_tree()), {}, set())
    found = {(one.file, one.name): one.word for one in judged}
    assert found == {
        ("metrics/a.json", "test.accuracy"): WORSE,
        ("metrics/a.json", "train.accuracy"): "",
        ("metrics/a.json", "valid.accuracy"): "",
        ("metrics/a.json", "test_accuracy.mean"): "",
        ("metrics/a.json", "test_accuracy.std"): "",
        ("metrics/b.json", "test.accuracy"): "",
    }


def test_a_paired_interval_takes_the_place_of_the_wider_one(study):
    metrics = {"test": part(0.9940, 0.002)}
    write_metrics(study, "convnet", metrics)
    file = "metrics/convnet.json"
    assert words()["test.accuracy"] == UNDECIDED
    assert words(paired={file: (-0.0030, -0.0011)})["test.accuracy"] == WORSE
    assert words(paired={file: (-0.0009, 0.0009)})["test.accuracy"] == SAME


def test_the_declared_margins_are_read_and_each_has_a_reason(monkeypatch):
    text = (ROOT / "margins.yaml").read_text()
    monkeypatch.chdir(ROOT)
    margins = read_margins(working_tree())
    assert {"test.accuracy", "test.loss", "test.ece"} <= set(margins)
    assert margins["test.accuracy"].absolute * IMAGES >= 1  # one image of 10,000 at least
    assert text.count("#") >= len(margins)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("test.loss: {better: lower}", ["test.loss", "either absolute or relative"]),
        ("test.loss: {better: lower, absolute: 1, relative: 1}", ["either absolute or relative"]),
        ("test.loss: {better: smaller, absolute: 1}", ["test.loss.better", "'smaller'", "'lower'"]),
        ("test.loss: {better: lower, absolute: -1}", ["test.loss.absolute", "-1", "greater than 0"]),
        ("test.loss: {better: lower, absolut: 1}", ["test.loss.absolut", "not permitted"]),
        ("test.loss: 3", ["test.loss", "3"]),
        ("- test.loss", ["not a section"]),
        ("test.loss: [", ["not YAML", "line 2"]),
    ],
)
def test_a_mistake_in_the_margins_is_one_line(text, words, study):
    (study / "margins.yaml").write_text(text + "\n")
    with pytest.raises(UserError) as error:
        read_margins(working_tree())
    assert "\n" not in str(error.value)
    for word in ["margins.yaml", *words]:
        assert word in str(error.value)


def test_without_margins_nothing_is_judged(study):
    (study / "margins.yaml").unlink()
    with pytest.raises(UserError, match=r"margins\.yaml: no such file"):
        read_margins(working_tree())
