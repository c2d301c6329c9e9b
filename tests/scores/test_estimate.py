"""Estimates in text, in tables and in scores.csv."""

import math

import numpy as np
import pytest

from vision.pipeline.errors import UserError
from vision.scores.estimate import Estimate, read_scores, table_row, write_scores

ACCURACY = Estimate(1 / 3, 0.1, 0.7, 12)


def test_scores_keep_all_digits_and_none_is_left_out(tmp_path):
    nested = {"test": {"accuracy": ACCURACY, "none": None}, "images": np.int64(12), "diverged": True, "rate": 1e-7}
    write_scores(tmp_path / "scores.csv", nested)
    assert (tmp_path / "scores.csv").read_text().splitlines()[:3] == [
        "name,value,low,high,n", "test.accuracy,0.3333333333333333,0.1,0.7,12", "images,12,,,"
    ]  # fmt: skip
    scores = read_scores(tmp_path / "scores.csv")
    assert scores == {
        "test.accuracy": ACCURACY, "images": Estimate(12), "diverged": Estimate(1), "rate": Estimate(1e-7)
    }  # fmt: skip
    assert isinstance(scores["test.accuracy"].n, int)
    with pytest.raises(UserError, match=r"scores.csv.*'test.loss'"):
        scores["test.loss"]


@pytest.mark.parametrize("value", [math.nan, Estimate(math.inf), Estimate(0.5, math.nan, 1)])
def test_a_score_that_is_not_finite_is_refused(value, tmp_path):
    with pytest.raises(ValueError, match=r"a\.b"):
        write_scores(tmp_path / "scores.csv", {"a": {"b": value}})
    assert not list(tmp_path.iterdir())


def test_estimate_in_a_row_and_in_text():
    row = table_row({"images": 12, "accuracy": ACCURACY, "none": None}, "test_")
    assert row == {
        "test_images": 12, "test_accuracy": 1 / 3, "test_accuracy_low": 0.1, "test_accuracy_high": 0.7
    }  # fmt: skip
    assert str(ACCURACY._replace(unit="percent")) == "33.33 % (10.00 to 70.00)"
    assert str(Estimate(-0.0123, unit="points")) == "-1.23 points"


@pytest.mark.parametrize(("low", "high", "usable"), [(0.2, 0.4, True), (None, None, False), (0.4, 0.5, False)])
def test_interval_contains_the_value_or_is_none(low, high, usable):
    assert Estimate(0.3, low, high).interval == ((low, high) if usable else None)
    assert Estimate(0.3, 0.3, 0.3).interval is None
