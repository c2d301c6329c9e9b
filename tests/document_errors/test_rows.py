"""Rows of the table of mistakes: what they hold, and the intervals of shares, means, runs and factors."""

import math

import numpy as np
import pytest
from scipy import stats

from vision.document_errors.rows import (
    Measured,
    counted,
    difference,
    exact,
    factors,
    left_out,
    means,
    one_less_others,
    row,
    runs,
    share_change,
    shares,
)
from vision.scores.paired import paired_interval


def test_row_holds_both_ways_and_the_change_with_their_intervals():
    found = row("B0.1", "x", "points", Measured(1, 0, 2), exact(3), Measured(-2, -3, 4), sample="9 images", at="there")
    assert found == {
        "bug": "B0.1", "measure": "x", "at": "there", "unit": "points", "wrong": 1, "wrong_low": 0, "wrong_high": 2,
        "right": 3, "right_low": 3, "right_high": 3, "change": -2, "change_low": -3, "change_high": 4,
        "sample": "9 images", "left_out": "",
    }  # fmt: skip
    assert left_out("B0.1", "x", "points", "none").keys() == found.keys()


@pytest.mark.parametrize("bad", [(math.nan, 0, 1), (0, -math.inf, 1), (3, 1, 2), (0, 1, 2)])
def test_row_refuses_nan_and_a_value_outside_of_its_interval(bad):
    for place, way in enumerate(("wrong", "right", "change")):
        ways = [exact(0)] * 3
        ways[place] = Measured(*bad)
        with pytest.raises(ValueError, match=rf"^B0\.1 x : {way} is "):
            row("B0.1", "x", "points", *ways, sample="")


def test_share_of_all_or_none_lies_within_its_interval_despite_rounding():
    for images in range(1, 200):
        for correct in (0, images):
            value, low, high = counted(correct, images)
            assert 0 <= low <= value <= high <= 1


def test_shares_of_the_same_images_are_paired():
    wrong, right = np.array([1, 1, 1, 0, 0, 1], bool), np.array([1, 0, 1, 1, 0, 0], bool)
    found = shares(wrong, right)
    assert [one.value for one in found] == pytest.approx([4 / 6, 3 / 6, 1 / 6])
    assert found[2][1:] == paired_interval(2, 1, 6)
    assert share_change(right, wrong).value == pytest.approx(-1 / 6)


def test_means_of_the_same_images_are_paired():
    generator = np.random.default_rng(0)
    right = generator.normal(size=200)
    wrong = right + 0.1 + 0.01 * generator.normal(size=200)
    found = means(wrong, right)
    assert found[2].value == pytest.approx(found[0].value - found[1].value)
    assert found[2].high - found[2].low < 0.02 * (found[0].high - found[0].low)  # what they share is not in it


def test_runs_of_the_same_seeds_have_t_intervals_within_their_limits():
    wrong, right = np.array([0.90, 0.92, 0.91]), np.array([0.95, 0.96, 0.97])
    found = runs(wrong, right, smallest=0.9, largest=0.96)
    expected = stats.ttest_1samp(wrong - right, 0).confidence_interval(0.95)
    assert [one.value for one in found] == pytest.approx([0.91, 0.96, -0.05])
    assert found[2][1:] == pytest.approx((expected.low, expected.high))
    assert (found[0].low, found[1].high) == (0.9, 0.96)


def test_factors_have_geometric_means_and_finite_intervals():
    found = factors(np.array([0.2, 0.8]), np.array([0.1, 0.1]))
    assert [one.value for one in found] == pytest.approx([0.4, 0.1, 4])
    assert found[2].low * found[2].high == pytest.approx(16)  # the interval is one of logarithms
    extreme = factors(np.array([1e-90, 1e90]), np.array([1.0, 1.0]))
    row("B0.5", "x", "times", *extreme, sample="2 seeds")
    assert extreme[0].value == pytest.approx(1)


def test_one_run_less_others_has_a_prediction_interval():
    others = np.array([0.1, 0.2, 0.3, 0.4])
    reach = stats.t.ppf(0.975, 3) * others.std(ddof=1) * math.sqrt(1 + 1 / 4)
    assert one_less_others(0.5, others) == pytest.approx((0.25, 0.25 - reach, 0.25 + reach))


def test_difference_of_independent_numbers_adds_their_variances():
    found = difference(Measured(3, 2, 4), Measured(1, -1, 3))
    assert found == pytest.approx((2, 2 - math.hypot(1, 2), 2 + math.hypot(1, 2)))
