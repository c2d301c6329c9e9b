"""Rules over numbers, tables and training curves: against hand calculations, and the coverage of the one of our own."""

import math

import numpy as np
import pandas as pd
import pytest

from vision.evidence.claims import curves, numbers
from vision.evidence.claims.rule import Quantity
from vision.evidence.claims.sources import Sources
from vision.scores.intervals import Z, wilson_interval
from vision.scores.paired import difference_interval, paired_interval

SEEDS = {"mean": 0.2, "std": 0.1, "low": 0.1, "high": 0.3}
ROWS = [
    {"kernel": 0, "cost": 0.3, "cost_low": 0.2, "cost_high": 0.4},
    {"kernel": 1, "cost": 0.1, "cost_low": -0.1, "cost_high": 0.3},
]


def scores(correct, images=1000):
    low, high = wilson_interval(correct, images)
    return {"images": images, "accuracy": correct / images, "accuracy_low": low, "accuracy_high": high, "loss": 1.0}


@pytest.fixture
def models(write):
    write("first", {"test": scores(900), "parameters": 7})
    write("second", {"test": scores(800)})
    for name, wrong in (("first", range(100)), ("second", range(50, 250))):
        rows = [{"image": image, "label": 0, "predicted": 1, "probability": 0.5} for image in wrong]
        write(f"models/{name}/errors.csv", rows)


def test_number_comes_with_its_interval_and_its_sample(sources, write):
    share = {"share": 0.5, "low": 0.1, "high": 0.9, "images": 7}
    write("svm", {"test": scores(30, 50) | {"errors": {"second": share}}, "valid": scores(30, 50), "train": share})
    write("subsets", {"sizes": {"images_10": {"loss": SEEDS}}})
    assert numbers.number(sources, "svm.test.accuracy") == Quantity(0.6, *wilson_interval(30, 50), "test images", 50)
    assert sources.number("svm.valid.accuracy").sample == "validation images"
    assert sources.number("svm.test.errors.second").sample == "mistakes"
    assert sources.number("svm.train") == Quantity(0.5, 0.1, 0.9, "training images", 7)
    assert sources.number("subsets.sizes.images_10.loss") == Quantity(0.2, 0.1, 0.3, "seeds", None)


@pytest.mark.parametrize("address", ["nobody.test.accuracy", "first.nothing", "first.test", "first.test.accuracy.more"])
def test_number_of_a_wrong_address_is_a_key_error(address, sources, models):
    with pytest.raises(KeyError):
        sources.number(address)


def test_exact_is_a_number_without_an_interval(sources, models):
    assert numbers.exact(sources, "first.parameters")[:3] == (7, 7, 7)
    with pytest.raises(ValueError, match="no interval"):
        sources.number("first.test.loss")


def test_difference_has_newcombes_interval_of_independent_shares(sources, models):
    found = numbers.difference(sources, ["first.test.accuracy", "second.test.accuracy"])
    low, high = difference_interval(0.8, wilson_interval(800, 1000), 0.9, wilson_interval(900, 1000))
    assert found[:3] == pytest.approx((0.1, low, high))
    assert low < 0.1 < high


def test_ratio_turned_round_has_the_interval_turned_round(sources, models, write):
    one = numbers.ratio(sources, ["first.test.accuracy", "second.test.accuracy"])
    other = numbers.ratio(sources, ["second.test.accuracy", "first.test.accuracy"])
    assert one[:3] == pytest.approx((1 / other.value, 1 / other.high, 1 / other.low))
    assert one.low < one.value < one.high
    assert one.value == pytest.approx(0.9 / 0.8)
    write("a", {"x": 1.0, "x_low": 0.0, "x_high": 2.0})
    with pytest.raises(ValueError, match="positive"):
        numbers.ratio(sources, ["a.x", "first.test.accuracy"])


def test_paired_joins_models_by_image(sources, models):
    """The first alone is right on 100 to 249, the second alone on 0 to 49."""
    found = numbers.paired(sources, ["first", "second"])
    assert found[:3] == pytest.approx((0.1, *paired_interval(150, 50, 1000)))
    assert (found.sample, found.size) == ("test images", 1000)


def test_printed_accuracy_has_the_sampling_errors_of_both(sources, models, write):
    many, few = (
        numbers.printed_accuracy(sources, {"ours": "first.test.accuracy", "printed": 0.9, "images": images})
        for images in (10**9, 100)
    )
    ours = wilson_interval(900, 1000)
    assert many[:3] == pytest.approx((0, ours[0] - 0.9, ours[1] - 0.9), abs=1e-4)
    assert few.low < many.low < 0 < many.high < few.high
    write("a.csv", ROWS)
    row = {"table": "a.csv", "where": "kernel == 0", "column": "cost"}
    found = numbers.printed_accuracy(sources, {"ours": row, "printed": 0.8, "images": 100})
    assert found[:3] == pytest.approx((-0.5, *difference_interval(0.8, wilson_interval(80, 100), 0.3, (0.2, 0.4))))


def test_leader_is_ahead_of_the_best_other_and_others_are_behind_the_leader(sources, write):
    pairs = [("a", "b", "best", 0.03), ("a", "c", "best", 0.05), ("b", "c", "last", -0.5)]
    write("a.csv", [
        {"first": first, "second": second, "kept": kept, "difference": difference,
         "difference_low": difference - 0.01, "difference_high": difference + 0.02}
        for first, second, kept, difference in pairs
    ])  # fmt: skip
    of = {"table": "a.csv", "where": 'kept == "best"', "model": "a"}
    found = numbers.leader(sources, of)
    assert found[:2] == pytest.approx((0.03, 0.02))
    assert found.high > 0.05  # found by looking at two
    assert numbers.leader(sources, of | {"model": "c"})[:3] == pytest.approx((-0.05, -0.07, -0.04))
    with pytest.raises(KeyError, match="0 rows"):
        numbers.leader(sources, of | {"model": "d"})


def test_row_is_the_only_one_that_meets_the_condition(sources, write):
    write("a.csv", ROWS)
    assert numbers.row(sources, {"table": "a.csv", "where": "kernel == 1", "column": "cost"})[:3] == (0.1, -0.1, 0.3)
    for condition in ("kernel > 5", "kernel < 5"):
        with pytest.raises(KeyError, match="rows of"):
            numbers.row(sources, {"table": "a.csv", "where": condition, "column": "cost"})


def test_share_of_rows_has_wilsons_interval(sources, write):
    write("a.csv", ROWS)
    found = numbers.share(sources, {"table": "a.csv", "where": "cost > 0.2", "rows": "kernels"})
    assert found == (0.5, *wilson_interval(1, 2), "kernels", 2)


def test_smallest_lies_between_the_lowest_bound_and_the_lowest_wider_one(sources, write):
    write("a.csv", ROWS)
    found = numbers.smallest(sources, {"table": "a.csv", "column": "cost"})
    wider = 2.2414027 / Z  # the normal quantile at 1 - 0.025 / 2
    assert found[:3] == pytest.approx((0.1, -0.1, min(0.3 + 0.1 * wider, 0.1 + 0.2 * wider)))


@pytest.mark.parametrize("truth", [np.zeros(10), np.linspace(0, 3, 10), np.r_[0, np.full(9, 9.0)]])
def test_interval_of_smallest_covers(truth, sources, monkeypatch):
    """In at least 95 % of simulations, whether all true values are the smallest or one is."""
    generator, covered, times = np.random.default_rng(0), 0, 400
    for _ in range(times):
        drawn = truth + generator.normal(size=len(truth))
        table = pd.DataFrame({"cost": drawn, "cost_low": drawn - Z, "cost_high": drawn + Z})
        monkeypatch.setattr(Sources, "table", lambda self, name, table=table: table)
        found = numbers.smallest(sources, {"table": "", "column": "cost"})
        covered += found.low <= truth.min() <= found.high
    assert covered / times >= 0.95 - 2 * math.sqrt(0.95 * 0.05 / times)


@pytest.fixture
def net(write):
    write("net", {"valid": {"images": 100}})
    values = {"accuracy": [0.5, 0.7, 0.6, 0.6, 0.8], "loss": [1.0, 0.5, 0.7, 0.5, 0.4]}
    rows = [
        {"epoch": epoch, "split": "valid", "measure": measure, "value": value}
        for measure, found in values.items()
        for epoch, value in enumerate(found, 1)
    ]
    write("models/net/curves.csv", rows[::-1])


@pytest.mark.parametrize(("ask", "expected"), [("rises", 2), ("falls", 1), ("range", 1.6)])
def test_curve_counts_rises_and_falls(ask, expected, sources, net):
    of = {"model": "net", "split": "valid", "measure": "accuracy", "ask": ask}
    assert curves.curve(sources, of)[:3] == pytest.approx((expected,) * 3)
    with pytest.raises(KeyError, match="no curve of test accuracy"):
        curves.curve(sources, of | {"split": "test"})


def test_gain_is_from_the_first_epoch_to_the_last(sources, net):
    found = curves.gain(sources, "net")
    interval = difference_interval(0.5, wilson_interval(50, 100), 0.8, wilson_interval(80, 100))
    assert found == pytest.approx((0.3, *interval, "validation images", 100))
