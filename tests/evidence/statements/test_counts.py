"""Rankings are margins: who is ahead, by how much, and that chance alone is not a lead."""

import numpy as np
import pytest

from vision.evidence.statements import counts
from vision.evidence.statements.rule import FAILS, HOLDS, OPEN, Region

AHEAD = Region(low=0)


def confusion(write, right=900, **mistakes):
    """A table of ten digits, right but for some mistakes, given as _35=4: four 3s taken for 5."""
    cells = np.diag(np.full(10, right))
    for pair, count in mistakes.items():
        cells[int(pair[1]), int(pair[2])] = count
    rows = [{"actual": a, "predicted": p, "images": images} for (a, p), images in np.ndenumerate(cells)]
    write("models/net/confusion.csv", rows)


def lead(sources, pair, *beside):
    return counts.confusions(sources, {"model": "net", "pair": pair, "beside": list(beside)})


@pytest.mark.parametrize(
    ("mistakes", "value", "verdict"),
    [
        ({"_35": 40, "_53": 50, "_27": 8, "_12": 7}, 82, HOLDS),  # both directions count
        ({"_35": 4, "_53": 5, "_27": 8, "_12": 7}, 1, OPEN),  # a lead of one image is none
        ({"_35": 5, "_49": 90}, -85, FAILS),
    ],
)
def test_a_pair_is_the_most_confused_only_if_surely_ahead(mistakes, value, verdict, sources, write):
    confusion(write, **mistakes)
    found = lead(sources, [3, 5])
    assert found.value == value
    assert found.low < value < found.high
    assert AHEAD.judge(found) == verdict


def test_what_stands_beside_it_is_not_asked(sources, write):
    confusion(write, _35=40, _27=90, _49=5)
    assert lead(sources, [5, 3]).value == -50
    assert lead(sources, ["3", "5"], [7, 2]).value == 35


def test_the_order_of_the_table_does_not_matter(sources, write):
    confusion(write, _35=40, _27=90)
    before = lead(sources, [3, 5])
    table = sources.table("models/net/confusion.csv").sample(frac=1, random_state=0)
    write("models/net/confusion.csv", table.to_dict("records"))
    assert lead(sources, [3, 5]) == before


def test_classes_of_other_data_are_no_mistake_of_ours(sources, write):
    write("models/net/confusion.csv", [{"actual": a, "predicted": p, "images": 5} for a in "ab" for p in "ab"])
    with pytest.raises(KeyError, match="no class 3"):
        lead(sources, [3, 5])


def taken(sources, actual, predicted, *beside):
    return counts.taken_for(sources, {"model": "net", "actual": actual, "predicted": predicted, "beside": list(beside)})


def test_a_class_is_taken_for_another_in_one_direction_alone(sources, write):
    confusion(write, _35=90, _38=40, _53=900, _32=5)
    found = taken(sources, 3, [5])
    assert found.value == 50
    assert AHEAD.judge(found) == HOLDS
    assert taken(sources, 3, [8]).value == -50
    assert taken(sources, 3, [8, "5"]).value == 35  # each of them before all others
    assert taken(sources, 3, [8], 5).value == 35
    confusion(write, _35=9, _38=8)
    assert AHEAD.judge(taken(sources, 3, [5])) == OPEN
    with pytest.raises(KeyError, match="no class 11"):
        taken(sources, 3, [11])


def test_mistakes_of_a_class_are_its_own_images_or_those_of_others(sources, write):
    """From 3 to 5 is a false negative of 3 and a false positive of 5."""
    confusion(write, _35=90, _45=60, _38=5, _21=70)

    def most(name, kind):
        return counts.most_errors(sources, {"model": "net", "class": name, "kind": kind})

    assert most(3, "false_negatives").value == 95 - 70
    assert most(5, "false_positives").value == 150 - 70
    assert most(3, "false_positives").value == -150
    assert AHEAD.judge(most(5, "false_positives")) == HOLDS
    assert AHEAD.judge(most(5, "false_negatives")) == FAILS
    assert most(5, "false_positives").low < 80 < most(5, "false_positives").high


def classes(write, model, wrong, images=1000):
    rows = [
        {"split": split, "class": digit, "images": images, "misclassified": 0 if split == "train" else count}
        for split in ("train", "test")
        for digit, count in enumerate(wrong)
    ]
    write(f"models/{model}/misclassified.csv", rows)


def test_the_worst_classes_are_ahead_of_all_others_or_not(sources, write):
    classes(write, "net", [10, 10, 300, 400, 10])
    found = counts.worst_classes(sources, {"model": "net", "classes": [2, 3]})
    assert found.value == pytest.approx(0.29)
    assert AHEAD.judge(found) == HOLDS
    assert AHEAD.judge(counts.worst_classes(sources, {"model": "net", "classes": [0, 3]})) == FAILS
    classes(write, "net", [58, 60, 58, 52, 10])  # as of chance
    assert AHEAD.judge(counts.worst_classes(sources, {"model": "net", "classes": [0, 1]})) == OPEN
    assert counts.least_of_classes(sources, {"model": "net", "classes": [0, 3]}).value == pytest.approx(0.052)


def test_the_best_classes_are_the_worst_turned_round(sources, write):
    classes(write, "net", [10, 100, 300, 100])
    found = counts.best_classes(sources, {"model": "net", "classes": [0]})
    assert found.value == pytest.approx(0.09)
    assert AHEAD.judge(found) == HOLDS
    assert AHEAD.judge(counts.best_classes(sources, {"model": "net", "classes": [0, 2]})) == FAILS


def test_the_interval_of_one_class_is_that_of_its_share(sources, write):
    classes(write, "net", [100, 0, 0])
    found = counts.least_of_classes(sources, {"model": "net", "classes": [0]})
    half = 1.96 * np.sqrt(0.1 * 0.9 / 1000)
    assert found[:3] == pytest.approx((0.1, 0.1 - half, 0.1 + half), abs=0.003)


def test_the_ratio_of_the_worst(sources, write):
    classes(write, "first", [200, 200, 200, 1])
    classes(write, "second", [1, 100, 100, 100])
    found = counts.ratio_of_worst(sources, ["first", "second"])
    assert found.value == pytest.approx(2)
    assert 1.7 < found.low < 2 < found.high < 2.3


RUN = {"round": 1, "fresh": False, "winner": False, "lr": 0.1, "score": 0.9}


def test_runs_of_one_search(sources, write):
    write("net", {"valid": {"images": 1000}})
    rows = [RUN, RUN | {"lr": 1, "score": 0.5}, RUN | {"lr": 1, "fresh": True}, RUN | {"lr": 1, "round": 2}]
    write("models/net/runs.csv", rows)
    found = counts.runs(sources, {"model": "net", "first": "lr == 0.1", "second": "lr == 1"})
    assert found.value == pytest.approx(0.4)
    assert found.low < 0.4 < found.high
    with pytest.raises(KeyError, match="0 runs"):
        counts.runs(sources, {"model": "net", "first": "lr == 7", "second": "lr == 1"})


def test_a_point_leads_if_it_won_and_is_behind_if_another_did(sources, write):
    write("net", {"search": {"lead_of_round_1": {"mean": 0.2, "std": 0.1, "low": 0.1, "high": 0.4}}})
    write("models/net/runs.csv", [RUN | {"winner": True}, RUN | {"lr": 1}])
    assert counts.lead(sources, {"model": "net", "point": "lr == 0.1"})[:3] == (0.2, 0.1, 0.4)
    assert counts.lead(sources, {"model": "net", "point": "lr == 1"})[:3] == (-0.2, -0.4, -0.1)
