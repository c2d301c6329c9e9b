"""Rows of the table of errors: their columns, and the intervals of shares, runs and factors."""

import math
import re

import numpy as np
import pytest
from scipy import stats

from tests.scratch import ROOT
from vision.document_errors.rows import Row, difference, factors, one_less_others, runs, shares
from vision.pipeline.parsing import read_yaml
from vision.scores.estimate import Estimate
from vision.scores.paired import paired_interval

ERROR = {"error": "It is wrong.", "measures": {"x": "quantity x"}}
WAYS = Estimate(0.5, 0.4, 0.6), Estimate(0.25), Estimate(0.25, 0.1, 0.4)


def test_every_measured_error_is_described():
    sources = "\n".join(path.read_text() for path in (ROOT / "vision/document_errors").glob("*.py"))
    measured = {bug: entry for bug, entry in read_yaml(ROOT / "documents/errors.yaml").items() if "measures" in entry}
    assert set(re.findall(r'"(B\d\.\d+)"', sources)) == set(measured)


def test_record_has_numbers_words_and_texts():
    found = Row("B0.1", "x", "percent", *WAYS, "9 images", "there").record("000", ERROR)
    assert (found["quantity"], found["error"]) == ("quantity x, there", "It is wrong.")
    assert (found["wrong"], found["wrong_low"], found["right_low"], found["change_high"]) == (0.5, 0.4, None, 0.4)
    texts = [found[f"{way}_text"] for way in ("wrong", "right", "change")]
    assert texts == ["50.00 % (40.00 to 60.00)", "25.00 %", "+25.00 points (+10.00 to +40.00)"]


@pytest.mark.parametrize(
    ("unit", "low", "high", "expected"),
    [("points", 0.1, 0.4, True), ("nats", 0, 0.4, False), ("times", 0.2, 0.9, True), ("times", 0.2, 1.1, False),
     ("curves", None, None, True)],
)  # fmt: skip
def test_change_is_significant_where_its_interval_excludes_no_change(unit, low, high, expected):
    row = Row("B0.1", "x", unit, *WAYS[:2], Estimate(0.25, low, high))
    assert row.record("000", ERROR)["significant"] == expected


def test_shares_of_the_same_images_are_paired():
    wrong, right = np.array([1, 1, 1, 0, 0, 1], bool), np.array([1, 0, 1, 1, 0, 0], bool)
    found = shares(wrong, right)
    assert [one.value for one in found] == pytest.approx([4 / 6, 3 / 6, 1 / 6])
    assert found[2][1:3] == paired_interval(2, 1, 6)


def test_runs_of_the_same_seeds_have_t_intervals_within_their_limits():
    wrong, right = np.array([0.90, 0.92, 0.91]), np.array([0.95, 0.96, 0.97])
    found = runs(wrong, right, smallest=0.9, largest=0.96)
    expected = stats.ttest_1samp(wrong - right, 0).confidence_interval(0.95)
    assert [one.value for one in found] == pytest.approx([0.91, 0.96, -0.05])
    assert found[2][1:3] == pytest.approx((expected.low, expected.high))
    assert (found[0].low, found[1].high) == (0.9, 0.96)


def test_factors_have_geometric_means_and_intervals():
    found = factors(np.array([0.2, 0.8]), np.array([0.1, 0.1]))
    assert [one.value for one in found] == pytest.approx([0.4, 0.1, 4])
    assert found[2].low * found[2].high == pytest.approx(16)  # the interval is one of logarithms


def test_one_run_less_others_has_a_prediction_interval():
    others = np.array([0.1, 0.2, 0.3, 0.4])
    half = stats.t.ppf(0.975, 3) * others.std(ddof=1) * math.sqrt(1 + 1 / 4)
    assert one_less_others(0.5, others)[:3] == pytest.approx((0.25, 0.25 - half, 0.25 + half))


def test_difference_of_independent_numbers_adds_their_variances():
    found = difference(Estimate(3, 2, 4), Estimate(1, -1, 3))
    assert found[:3] == pytest.approx((2, 2 - math.hypot(1, 2), 2 + math.hypot(1, 2)))
