"""Better, worse, the same or undecided: by the interval of a difference and the margins."""

from pathlib import Path

import pytest

from tests.study import IMAGES, MODELS, commit, write_lock, write_model, write_scores, write_subsets
from vision.evidence.change.comparison import compare
from vision.evidence.change.numbers import BETTER, NOT_COMPARABLE, SAME, UNDECIDED, WORSE, Margin, _read_margins
from vision.pipeline.errors import UserError
from vision.scores.estimate import Estimate


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.11, 0.5, BETTER),
        (0.09, 0.5, UNDECIDED),
        (0.02, 0.09, SAME),  # surely higher, and surely too little to matter
        (-0.2, 0.2, UNDECIDED),
        (-0.5, -0.11, WORSE),
        (-0.5, -0.1, UNDECIDED),  # it touches the margin
    ],
)
def test_verdict_is_where_the_interval_lies_in_both_directions(low, high, verdict):
    change = Estimate((low + high) / 2, low, high)
    assert Margin(better="higher", absolute=0.1).verdict(1, change) == verdict
    assert Margin(better="lower", absolute=0.1).verdict(1, Estimate(-change.value, -high, -low)) == verdict


def test_relative_margin_is_a_share_of_the_value_before():
    margin, change = Margin(better="lower", relative=0.1), Estimate(0.07, 0.05, 0.09)
    assert [margin.verdict(old, change) for old in (-1.0, 0.1, 0.7)] == [SAME, WORSE, UNDECIDED]


def verdicts(base="main"):
    return {str(one).partition(" (")[0]: one.verdict for one in compare(base).numbers}


def part(value, half=0.001):
    return {"test": {"accuracy": Estimate(value, value - half, value + half)}}


def test_every_table_of_scores_is_judged_by_the_end_of_the_names(study):
    table = study / "plots/subsets/evaluation/scores.csv"
    old = {"a": part(0.9), "b": {"test": {"accuracy": 0.9}}, "c": part(0.9), "d": part(0.9), "train": part(0.9)["test"]}
    write_scores(table, {**old, "test_loss": Estimate(0.5, 0.49, 0.51), "f": part(0.9)})
    write_lock(study)
    commit(study)
    write_scores(table, {
        "a": part(0.8), "b": part(0.8),  # had no interval before
        "c": {"test": {"accuracy": 0.9}},  # lost its interval
        "d": part(0.9, 0.002), "train": part(0.8)["test"], "test_loss": Estimate(0.3, 0.29, 0.31), "new": part(0.5),
    })  # fmt: skip
    write_lock(study)
    assert verdicts("HEAD") == {
        "subsets a.test.accuracy": WORSE,
        "subsets c.test.accuracy": NOT_COMPARABLE,
        "subsets f.test.accuracy": NOT_COMPARABLE,
        "subsets test_loss": BETTER,
    }


def test_models_are_judged_by_paired_images(study):
    write_model(study, "convnet", range(30, 85))  # 30 newly right, 35 newly wrong
    write_model(study, "knn", range(10))  # 40 newly right
    write_model(study, "svm", range(120), loss=0.05)  # 70 newly wrong
    write_lock(study)
    assert verdicts() == {
        "convnet test.accuracy": UNDECIDED,
        "knn test.accuracy": BETTER,
        "svm test.accuracy": WORSE,
        "svm test.loss": BETTER,
    }


def test_numbers_of_other_images_or_of_another_count_are_not_comparable(study):
    scores = {"test": {"images": 5000, **part(0.995)["test"], "loss": Estimate(0.5, 0.4, 0.6)}}
    write_scores(study / MODELS / "svm/evaluation/scores.csv", scores)
    write_lock(study)
    assert verdicts() == dict.fromkeys(["svm test.accuracy", "svm test.loss"], NOT_COMPARABLE)
    write_subsets(study, 0.5)
    write_model(study, "svm", range(120))
    Path("data/raw/handwriting.npz").write_text("other images")
    write_lock(study)
    assert verdicts() == dict.fromkeys(["subsets sizes.images_500.test_accuracy", "svm test.accuracy"], NOT_COMPARABLE)


def test_margins_are_one_image_at_least_and_a_mistake_in_them_is_named(study):
    margins = _read_margins()
    assert {"test.accuracy", "test.loss", "test.ece", "test_accuracy", "test_loss"} == set(margins)
    assert margins["test.accuracy"].absolute * IMAGES >= 1
    for text in ("test.loss: {better: less}", "test.loss: {absolute: 1}", "test.loss: 3"):
        Path("margins.yaml").write_text(f"{text}\n")
        with pytest.raises(UserError, match=r"^margins\.yaml: test\.loss"):
            compare("main")
