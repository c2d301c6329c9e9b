"""Rules on scores, tables and trainings by hand, and the coverage of the interval of the smallest value."""

import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kendalltau

from tests.evidence.claims.conftest import NET
from vision.evidence.claims import numbers, training
from vision.evidence.claims.sources import Sources
from vision.scores.estimate import Estimate
from vision.scores.intervals import Z, wilson_interval
from vision.scores.paired import difference_interval, paired_interval

ROWS = [
    {"kernel": 0, "cost": 0.3, "cost_low": 0.2, "cost_high": 0.4},
    {"kernel": 1, "cost": 0.1, "cost_low": -0.1, "cost_high": 0.3},
]


def accuracy(correct, images=1000):
    return {
        "test": {"accuracy": Estimate(correct / images, *wilson_interval(correct, images), images), "images": images}
    }


@pytest.fixture
def models(write):
    for name, correct, wrong in (("first", 900, range(100)), ("second", 800, range(50, 250))):
        write(f"models/role/{name}/evaluation", accuracy(correct) | {"parameters": 7})
        write(f"models/role/{name}/evaluation/errors.csv", [{"image": image} for image in wrong])


def test_address_leads_to_a_study_its_evaluation_or_a_model(sources, write):
    for folder, value in (("a", 1), ("b/evaluation", 2), ("c/d/evaluation", 3), (NET, 4)):
        write(folder, {"x": {"y": value}})
    assert [sources.score(f"{results}.x.y").value for results in ("a", "b", "c/d", "net")] == [1, 2, 3, 4]


def test_wrong_address_is_a_key_error_and_a_number_needs_an_interval(sources, models):
    for address in ("nobody.test.accuracy", "first.nothing", "first.test", "first.test.accuracy.more"):
        with pytest.raises(KeyError):
            sources.estimate(address)
    assert numbers.exact(sources, "first.parameters") == Estimate(7)
    with pytest.raises(ValueError, match="no interval"):
        sources.estimate("first.parameters")


def test_difference_has_newcombes_interval_of_independent_shares(sources, models):
    found = numbers.difference(sources, ["first.test.accuracy", "second.test.accuracy"])
    low, high = difference_interval(0.8, wilson_interval(800, 1000), 0.9, wilson_interval(900, 1000))
    assert found[:4] == pytest.approx((0.1, low, high, 1000))


def test_inverse_ratio_has_the_inverse_interval(sources, models):
    names = ["first.test.accuracy", "second.test.accuracy"]
    found, inverse = numbers.ratio(sources, names), numbers.ratio(sources, names[::-1])
    assert found[:3] == pytest.approx((1 / inverse.value, 1 / inverse.high, 1 / inverse.low))
    assert found.low < found.value < found.high
    assert found.value == pytest.approx(0.9 / 0.8)


def test_paired_joins_models_by_image(sources, models):
    """The first alone is correct on 100 to 249, the second alone on 0 to 49."""
    found = numbers.paired(sources, ["first", "second"])
    assert found[:4] == pytest.approx((0.1, *paired_interval(150, 50, 1000), 1000))


def test_reported_accuracy_has_the_sampling_errors_of_both(sources, models, write):
    many, few = (
        numbers.reported_accuracy(sources, {"reproduced": "first.test.accuracy", "reported": 0.9, "images": images})
        for images in (10**9, 100)
    )
    low, high = wilson_interval(900, 1000)
    assert many[:3] == pytest.approx((0, low - 0.9, high - 0.9), abs=1e-4)
    assert few.low < many.low < 0 < many.high < few.high
    write("a.csv", ROWS)
    row = {"table": "a.csv", "where": "kernel == 0", "column": "cost"}
    found = numbers.reported_accuracy(sources, {"reproduced": row, "reported": 0.8, "images": 100})
    assert found[:3] == pytest.approx((-0.5, *difference_interval(0.8, wilson_interval(80, 100), 0.3, (0.2, 0.4))))


def test_margin_of_model_is_over_the_best_other_or_behind_the_first(sources, write):
    pairs = [("a", "b", "best", 0.03), ("a", "c", "best", 0.05), ("b", "c", "last", -0.5)]
    write("a.csv", [
        {"first": first, "second": second, "kept": kept, "difference": difference,
         "difference_low": difference - 0.01, "difference_high": difference + 0.02}
        for first, second, kept, difference in pairs
    ])  # fmt: skip
    of = {"table": "a.csv", "where": 'kept == "best"', "model": "a"}
    found = numbers.margin_of_model(sources, of)
    assert found[:2] == pytest.approx((0.03, 0.02))
    assert found.high > 0.05  # selected among two
    assert numbers.margin_of_model(sources, of | {"model": "c"})[:3] == pytest.approx((-0.05, -0.07, -0.04))


def test_row_is_the_only_one_that_meets_the_condition(sources, write):
    write("a.csv", ROWS)
    assert numbers.row(sources, {"table": "a.csv", "where": "kernel == 1", "column": "cost"})[:3] == (0.1, -0.1, 0.3)
    for condition in ("kernel > 5", "kernel < 5"):
        with pytest.raises(ValueError):  # noqa: PT011
            numbers.row(sources, {"table": "a.csv", "where": condition, "column": "cost"})


@pytest.mark.parametrize("truth", [np.zeros(10), np.linspace(0, 3, 10), np.r_[0, np.full(9, 9.0)]])
def test_interval_of_smallest_has_its_coverage(truth, sources, monkeypatch):
    """Whether all true values are the smallest or one is."""
    generator, covered, times = np.random.default_rng(0), 0, 400
    for _ in range(times):
        drawn = truth + generator.normal(size=len(truth))
        table = pd.DataFrame({"cost": drawn, "cost_low": drawn - Z, "cost_high": drawn + Z})
        monkeypatch.setattr(Sources, "table", lambda self, name, table=table: table)
        found = numbers.smallest(sources, {"table": "", "column": "cost"})
        covered += found.low <= truth.min() <= found.high
        assert found.value == drawn.min()
    assert covered / times >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / times)


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
    of = {"model": "net", "split": "valid", "measure": "accuracy"}
    for ask, of_all, of_three in (("rises", 2, 0), ("falls", 1, 1), ("range", 1.6, 7 / 6), ("last", 0.8, 0.6)):
        assert training.curve(sources, of | {"ask": ask}).value == pytest.approx(of_all)
        assert training.curve(sources, of | {"ask": ask, "epochs": [2, 4]}).value == pytest.approx(of_three)
    for wrong in ({"split": "test"}, {"epochs": [4, 6]}):
        with pytest.raises(KeyError, match=r"no curve of \w+ accuracy"):
            training.curve(sources, of | wrong | {"ask": "last"})


def test_reported_epoch_has_the_sampling_errors_of_both(sources, net):
    interval = difference_interval(0.6, wilson_interval(60, 100), 0.7, wilson_interval(70, 100))
    found = training.reported_epoch(sources, {"model": "net", "epoch": 2, "reported": 0.6})
    assert found[:4] == pytest.approx((0.1, *interval, 100))
    with pytest.raises(KeyError):
        training.reported_epoch(sources, {"model": "net", "epoch": 6, "reported": 0.6})


def test_gain_is_from_the_first_epoch_to_the_last(sources, net):
    interval = difference_interval(0.5, wilson_interval(50, 100), 0.8, wilson_interval(80, 100))
    assert training.gain(sources, "net")[:4] == pytest.approx((0.3, *interval, 100))


@pytest.fixture
def write_curves(write, net):
    def put(**curves):
        rows = [
            {"epoch": epoch, "split": "valid", "measure": measure, "value": value}
            for measure, values in curves.items()
            for epoch, value in enumerate(values, 1)
        ]
        write(f"{TRAINING}/curves.csv", rows)

    return put


def test_falls_within_chance_are_not_significant(sources, net, write_curves):
    assert training.significant_falls(sources, "net").value == 0  # a fall by 10 of 100 images
    write_curves(accuracy=[0.9, 0.6, 0.7, 0.69, 0.4])
    assert training.significant_falls(sources, "net").value == 2


def test_trend_is_the_median_of_all_slopes_and_zero_is_in_its_interval_unless_kendalls_test_rejects(
    sources, write_curves
):
    of = {"model": "net", "split": "valid", "measure": "loss"}
    for seed in range(8):
        values = np.arange(9) * (seed % 4) / 2 + np.random.default_rng(seed).normal(size=9)
        write_curves(loss=values)
        found, slopes = (
            training.trend(sources, of),
            [(values[j] - values[i]) / (j - i) for i, j in combinations(range(9), 2)],
        )
        assert found[:1] + found[3:4] == pytest.approx((np.median(slopes), 9))
        assert (found.low < 0 < found.high) == (kendalltau(np.arange(9), values).pvalue > 0.05)
    write_curves(loss=[4, 3, 2, 1])
    with pytest.raises(ValueError, match="fewer than 5"):
        training.trend(sources, of)


def test_opposite_changes_are_a_share_of_epochs(sources, write_curves):
    write_curves(loss=[5, 4, 3, 3, 2, 3], accuracy=[0.1, 0.2, 0.1, 0.2, 0.3, 0.2])
    found = training.opposite_changes(sources, {"model": "net", "split": "valid"})
    assert found[:4] == pytest.approx((0.6, *wilson_interval(3, 5), 5))


def test_smallest_rise_is_from_start_to_end(sources, write):
    rises = {"a": {"start": -2, "end": 5}, "b": {"start": 1, "end": 4}}
    write("a", {"x": rises, "xy": {"c": {"start": 0, "end": 1}}})
    assert numbers.smallest_rise(sources, "a.x") == Estimate(3)
    with pytest.raises(ValueError):  # noqa: PT011
        numbers.smallest_rise(sources, "a.z")


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
