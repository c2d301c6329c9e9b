"""Rankings are margins: who is ahead, by how much, and that chance alone is not a lead."""

import numpy as np
import pytest

from vision.evidence.claims import counts
from vision.evidence.claims.rule import FAILS, HOLDS, OPEN, Region

AHEAD = Region(low=0)
RUN = {"round": 1, "fresh": False, "winner": False, "lr": 0.1, "score": 0.9}


def confusion(write, **mistakes):
    """A table of ten digits, right but for some mistakes, given as _35=4: four 3s taken for 5."""
    cells = np.diag(np.full(10, 900))
    for pair, count in mistakes.items():
        cells[int(pair[1]), int(pair[2])] = count
    rows = [{"actual": a, "predicted": p, "images": images} for (a, p), images in np.ndenumerate(cells)]
    write("models/net/confusion.csv", rows[::-1])


def lead(sources, pair, *beside):
    return counts.confusions(sources, {"model": "net", "pair": pair, "beside": list(beside)})


@pytest.mark.parametrize(
    ("mistakes", "value", "verdict"),
    [
        ({"_35": 40, "_53": 50, "_27": 8, "_12": 7}, 82, HOLDS),  # both directions count
        ({"_35": 4, "_53": 5, "_27": 8, "_12": 7}, 1, OPEN),  # a lead of one image is none
        ({"_35": 5, "_89": 90}, -85, FAILS),
    ],
)
def test_confusions_of_a_pair_lead_only_if_surely_ahead(mistakes, value, verdict, sources, write):
    confusion(write, **mistakes)
    found = lead(sources, [5, 3])
    assert found.value == value
    assert found.low < value < found.high
    assert AHEAD.judge(found) == verdict


def test_confusions_leave_out_the_pairs_beside(sources, write):
    confusion(write, _35=40, _27=90, _49=5)
    assert lead(sources, [5, 3]).value == -50
    assert lead(sources, ["3", "5"], [7, 2]).value == 35
    with pytest.raises(KeyError, match="no class 11"):
        lead(sources, [3, 11])


def test_taken_for_counts_one_direction_alone(sources, write):
    def taken(predicted, *beside):
        return counts.taken_for(sources, {"model": "net", "actual": 3, "predicted": predicted, "beside": list(beside)})

    confusion(write, _35=90, _38=40, _53=900, _32=5)
    assert taken([5]).value == 50
    assert AHEAD.judge(taken([5])) == HOLDS
    assert taken([8]).value == -50
    assert taken([8, "5"]).value == 35  # each of them before all others
    assert taken([8], 5).value == 35
    confusion(write, _35=9, _38=8)
    assert AHEAD.judge(taken([5])) == OPEN


def test_most_errors_are_images_of_the_class_or_taken_for_it(sources, write):
    """From 3 to 5 is a false negative of 3 and a false positive of 5."""
    confusion(write, _35=90, _45=60, _38=5, _21=70)

    def most(name, kind):
        return counts.most_errors(sources, {"model": "net", "class": name, "kind": kind})

    assert most(3, "false_negatives").value == 95 - 70
    assert most(5, "false_positives").value == 150 - 70
    assert most(3, "false_positives").value == -150
    assert AHEAD.judge(most(5, "false_positives")) == HOLDS
    assert AHEAD.judge(most(5, "false_negatives")) == FAILS


def classes(write, model, wrong, images=1000):
    rows = [
        {"split": split, "class": digit, "images": images, "misclassified": 0 if split == "train" else count}
        for split in ("train", "test")
        for digit, count in enumerate(wrong)
    ]
    write(f"models/{model}/misclassified.csv", rows)


def test_worst_and_best_classes_are_ahead_of_all_others_or_not(sources, write):
    def asked(rule, *names):
        return rule(sources, {"model": "net", "classes": list(names)})

    classes(write, "net", [10, 10, 300, 400, 10])
    assert asked(counts.worst_classes, 2, 3).value == pytest.approx(0.29)
    assert AHEAD.judge(asked(counts.worst_classes, 2, 3)) == HOLDS
    assert AHEAD.judge(asked(counts.worst_classes, 0, 3)) == FAILS
    assert asked(counts.least_of_classes, 2, 3).value == pytest.approx(0.3)
    classes(write, "net", [58, 60, 58, 52, 10])  # as of chance
    assert AHEAD.judge(asked(counts.worst_classes, 0, 1)) == OPEN
    classes(write, "net", [10, 100, 300, 100])
    assert asked(counts.best_classes, 0).value == pytest.approx(0.09)
    assert AHEAD.judge(asked(counts.best_classes, 0)) == HOLDS
    assert AHEAD.judge(asked(counts.best_classes, 0, 2)) == FAILS
    with pytest.raises(KeyError, match="no class 7"):
        asked(counts.best_classes, 7)


def test_interval_of_one_class_is_that_of_its_share(sources, write):
    classes(write, "net", [100, 0, 0])
    found = counts.least_of_classes(sources, {"model": "net", "classes": [0]})
    half = 1.96 * np.sqrt(0.1 * 0.9 / 1000)
    assert found[:3] == pytest.approx((0.1, 0.1 - half, 0.1 + half), abs=0.003)
    assert found.size == 3000


def test_ratio_of_worst_is_of_the_means_of_three_classes(sources, write):
    classes(write, "first", [200, 200, 200, 1])
    classes(write, "second", [1, 100, 100, 100])
    found = counts.ratio_of_worst(sources, ["first", "second"])
    assert found.value == pytest.approx(2)
    assert 1.7 < found.low < 2 < found.high < 2.3


def test_runs_compares_two_runs_of_the_first_round(sources, write):
    write("net", {"valid": {"images": 1000}})
    rows = [RUN, RUN | {"lr": 1, "score": 0.5}, RUN | {"lr": 1, "fresh": True}, RUN | {"lr": 1, "round": 2}]
    write("models/net/runs.csv", rows)
    found = counts.runs(sources, {"model": "net", "first": "lr == 0.1", "second": "lr == 1"})
    assert found.value == pytest.approx(0.4)
    assert found.low < 0.4 < found.high
    with pytest.raises(KeyError, match="0 runs"):
        counts.runs(sources, {"model": "net", "first": "lr == 7", "second": "lr == 1"})


def test_lead_is_of_the_point_that_won_and_behind_for_others(sources, write):
    write("net", {"search": {"lead_of_round_1": {"mean": 0.2, "std": 0.1, "low": 0.1, "high": 0.4}}})
    write("models/net/runs.csv", [RUN | {"winner": True}, RUN | {"lr": 1}])
    assert counts.lead(sources, {"model": "net", "point": "lr == 0.1"})[:3] == (0.2, 0.1, 0.4)
    assert counts.lead(sources, {"model": "net", "point": "lr == 1"})[:3] == (-0.2, -0.4, -0.1)
