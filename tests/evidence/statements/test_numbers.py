"""Rules over numbers: against hand calculations, and the coverage of the one that is ours."""

import math

import numpy as np
import pytest

from vision.evidence.statements import numbers
from vision.scores.intervals import Z, wilson_interval
from vision.scores.paired import difference_interval, paired_interval


def scores(correct, images=1000):
    low, high = wilson_interval(correct, images)
    return {"images": images, "accuracy": correct / images, "accuracy_low": low, "accuracy_high": high}


@pytest.fixture
def models(write):
    write("first", {"test": scores(900), "train": scores(950), "parameters": 7, "loss": {"x": 0.1}})
    write("second", {"test": scores(800)})
    for name, wrong in (("first", range(100)), ("second", range(50, 250))):
        rows = [{"image": image, "label": 0, "predicted": 1, "probability": 0.5} for image in wrong]
        write(f"models/{name}/errors.csv", rows)


def test_number_and_exact(sources, models):
    assert numbers.number(sources, "first.test.accuracy").value == 0.9
    assert numbers.exact(sources, "first.parameters")[:3] == (7, 7, 7)


def test_a_difference_has_the_interval_of_independent_shares(sources, models):
    """Newcombe's (1998) method 10."""
    found = numbers.difference(sources, ["first.test.accuracy", "second.test.accuracy"])
    low, high = difference_interval(0.8, wilson_interval(800, 1000), 0.9, wilson_interval(900, 1000))
    assert found[:3] == pytest.approx((0.1, low, high))
    assert low < 0.1 < high


def test_a_ratio_turned_round_has_the_interval_turned_round(sources, models):
    one = numbers.ratio(sources, ["first.test.accuracy", "second.test.accuracy"])
    other = numbers.ratio(sources, ["second.test.accuracy", "first.test.accuracy"])
    assert one[:3] == pytest.approx((1 / other.value, 1 / other.high, 1 / other.low))
    assert one.value == pytest.approx(0.9 / 0.8)


def test_a_ratio_of_what_may_be_zero_is_none(sources, write):
    write("a", {"x": 1.0, "x_low": -0.5, "x_high": 2.0, "y": 1.0, "y_low": 0.5, "y_high": 2.0})
    with pytest.raises(ValueError, match="positive"):
        numbers.ratio(sources, ["a.x", "a.y"])


def test_pairs_of_models_are_joined_by_image(sources, models):
    """The first alone is right on 150 to 249 and 100 to 149 without the shared 50 to 99: 150; the second on 50."""
    found = numbers.paired(sources, ["first", "second"])
    assert found[:3] == pytest.approx((0.1, *paired_interval(150, 50, 1000)))
    assert (found.sample, found.size) == ("test images", 1000)


def test_a_printed_accuracy_brings_its_own_sampling_error(sources, models):
    many, few = (
        numbers.printed_accuracy(sources, {"ours": "first.test.accuracy", "printed": 0.9, "images": images})
        for images in (10**9, 100)
    )
    ours = wilson_interval(900, 1000)
    assert many[:3] == pytest.approx((0, ours[0] - 0.9, ours[1] - 0.9), abs=1e-4)
    assert few.low < many.low < 0 < many.high < few.high


def test_a_printed_accuracy_is_held_against_a_row_of_a_table_too(sources, models, write):
    write("a.csv", [{"class": name, "accuracy": 0.9, "accuracy_low": 0.8, "accuracy_high": 0.95} for name in "ab"])
    ours = {"table": "a.csv", "where": '`class` == "b"', "column": "accuracy"}
    found = numbers.printed_accuracy(sources, {"ours": ours, "printed": 0.8, "images": 100})
    assert found[:3] == pytest.approx((0.1, *difference_interval(0.8, wilson_interval(80, 100), 0.9, (0.8, 0.95))))


def pair(first, second, difference, kept="best"):
    bounds = {"difference_low": difference - 0.01, "difference_high": difference + 0.02}
    return {"first": first, "second": second, "kept": kept, "difference": difference, **bounds}


def test_a_leader_is_ahead_of_the_best_other_and_who_is_not_is_behind_the_leader(sources, write):
    write("a.csv", [pair("a", "b", 0.03), pair("a", "c", 0.05), pair("b", "c", -0.5, kept="last")])
    of = {"table": "a.csv", "where": 'kept == "best"', "model": "a"}
    found = numbers.leader(sources, of)
    assert found[:2] == pytest.approx((0.03, 0.02))
    assert found.high > 0.05  # found by looking at two
    assert numbers.leader(sources, of | {"model": "c"})[:3] == pytest.approx((-0.05, -0.07, -0.04))
    with pytest.raises(KeyError, match="0 rows"):
        numbers.leader(sources, of | {"model": "d"})


ROWS = [
    {"kernel": 0, "cost": 0.3, "cost_low": 0.2, "cost_high": 0.4},
    {"kernel": 1, "cost": 0.1, "cost_low": -0.1, "cost_high": 0.3},
]


def test_a_row_is_found_by_its_condition(sources, write):
    write("a.csv", ROWS)
    assert numbers.row(sources, {"table": "a.csv", "where": "kernel == 1", "column": "cost"})[:3] == (0.1, -0.1, 0.3)
    for condition in ("kernel > 5", "kernel < 5"):
        with pytest.raises(KeyError, match="rows of"):
            numbers.row(sources, {"table": "a.csv", "where": condition, "column": "cost"})


def test_a_share_of_rows(sources, write):
    write("a.csv", ROWS)
    found = numbers.share(sources, {"table": "a.csv", "where": "cost > 0.2", "rows": "kernels"})
    assert found == (0.5, *wilson_interval(1, 2), "kernels", 2)


def test_the_smallest_lies_between_the_lowest_bound_and_the_lowest_wider_one(sources, write):
    write("a.csv", ROWS)
    found = numbers.smallest(sources, {"table": "a.csv", "column": "cost"})
    wider = 2.2414027 / Z  # the normal quantile at 1 - 0.025 / 2
    assert found[:3] == pytest.approx((0.1, -0.1, min(0.3 + 0.1 * wider, 0.1 + 0.2 * wider)))


@pytest.mark.parametrize("truth", [np.zeros(10), np.linspace(0, 3, 10), np.r_[0, np.full(9, 9.0)]])
def test_the_interval_of_the_smallest_covers(truth, sources, write, monkeypatch):
    """In at least 95 % of simulations, whether all true values are the smallest or one is."""
    import pandas as pd

    generator, covered, times = np.random.default_rng(0), 0, 400
    for _ in range(times):
        drawn = truth + generator.normal(size=len(truth))
        table = pd.DataFrame({"cost": drawn, "cost_low": drawn - Z, "cost_high": drawn + Z})
        monkeypatch.setattr(type(sources), "table", lambda self, name, table=table: table)
        found = numbers.smallest(sources, {"table": "", "column": "cost"})
        covered += found.low <= truth.min() <= found.high
    assert covered / times >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / times)
