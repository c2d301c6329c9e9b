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
    text = (tmp_path / "scores.csv").read_text()
    assert text.startswith("name,value,low,high,n\ntest.accuracy,0.3333333333333333,0.1,0.7,12\nimages,12,,,\n")
    scores = read_scores(tmp_path / "scores.csv")
    numbers = {name: Estimate(value) for name, value in {"images": 12, "diverged": 1, "rate": 1e-7}.items()}
    assert scores == {"test.accuracy": ACCURACY, **numbers}
    assert isinstance(scores["test.accuracy"].n, int)
    with pytest.raises(UserError, match=r"scores.csv.*'test.loss'"):
        scores["test.loss"]


@pytest.mark.parametrize("value", [Estimate(math.inf), Estimate(0.5, math.nan, 1)])
def test_a_score_that_is_not_finite_is_refused(value, tmp_path):
    with pytest.raises(ValueError, match=r"a\.b"):
        write_scores(tmp_path / "scores.csv", {"a": {"b": value}})
    assert not list(tmp_path.iterdir())


def test_estimate_in_a_row_and_in_text():
    row = table_row({"images": 12, "rate": ACCURACY, "none": None}, "test_")
    assert row == {"test_images": 12, "test_rate": 1 / 3, "test_rate_low": 0.1, "test_rate_high": 0.7}
    assert str(ACCURACY._replace(unit="percent")) == "33.33 % (10.00 to 70.00)"
    assert str(Estimate(-0.0123, unit="points")) == "-1.23 points"


def test_interval_contains_the_value_or_is_none():
    bounds = (0.2, 0.4), (None, None), (0.4, 0.5), (0.3, 0.3)
    assert [Estimate(0.3, *pair).interval for pair in bounds] == [(0.2, 0.4), None, None, None]
