"""Rules on training curves and runs of a search, against hand calculations."""

import pytest

from tests.evidence.claims.conftest import NET
from vision.evidence.claims import training
from vision.scores.estimate import Estimate
from vision.scores.intervals import wilson_interval
from vision.scores.paired import difference_interval

RUN = {"round": 1, "new_seed": False, "winner": False, "lr": 0.1, "score": 0.9}
TRAINING = "models/role/net/training"


@pytest.fixture
def net(write):
    write(NET, {"valid": {"images": 100}, "search": {"margin_of_round_1": Estimate(0.2, 0.1, 0.4)}})
    rows = [
        {"epoch": epoch, "split": "valid", "measure": "accuracy", "value": value}
        for epoch, value in enumerate([0.5, 0.7, 0.6, 0.6, 0.8], 1)
    ]
    write(f"{TRAINING}/curves.csv", rows[::-1])


def test_curve_counts_rises_and_falls(sources, net):
    of = {"model": "net", "split": "valid", "measure": "accuracy", "ask": "range"}
    for ask, expected in (("rises", 2), ("falls", 1), ("range", 1.6)):
        assert training.curve(sources, of | {"ask": ask}).value == pytest.approx(expected)
    with pytest.raises(KeyError, match="no curve of test accuracy"):
        training.curve(sources, of | {"split": "test"})


def test_gain_is_from_the_first_epoch_to_the_last(sources, net):
    interval = difference_interval(0.5, wilson_interval(50, 100), 0.8, wilson_interval(80, 100))
    assert training.gain(sources, "net")[:4] == pytest.approx((0.3, *interval, 100))


def test_difference_of_runs_compares_two_runs_with_the_first_seed(sources, write, net):
    rows = [RUN, RUN | {"lr": 1, "score": 0.5}, RUN | {"lr": 1, "new_seed": True}, RUN | {"lr": 1, "round": 2}]
    write(f"{TRAINING}/runs.csv", rows)
    found = training.difference_of_runs(sources, {"model": "net", "first": "lr == 0.1", "second": "lr == 1"})
    interval = difference_interval(0.5, wilson_interval(50, 100), 0.9, wilson_interval(90, 100))
    assert found[:4] == pytest.approx((0.4, *interval, 100))
    with pytest.raises(ValueError):  # noqa: PT011
        training.difference_of_runs(sources, {"model": "net", "first": "lr == 7", "second": "lr == 1"})


def test_margin_of_point_is_negative_for_all_but_the_winner(sources, write, net):
    write(f"{TRAINING}/runs.csv", [RUN | {"winner": True}, RUN | {"lr": 1}])
    for lr, expected in ((0.1, (0.2, 0.1, 0.4)), (1, (-0.2, -0.4, -0.1))):
        assert training.margin_of_point(sources, {"model": "net", "point": f"lr == {lr}"})[:3] == expected
