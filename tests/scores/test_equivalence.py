"""The one rule: an interval inside, outside or across the edges of accepted values, and the sample that decides it."""

import math

import pytest

from vision.scores.equivalence import INCONCLUSIVE, REFUTED, SUPPORTED, required_factor, verdict
from vision.scores.estimate import Estimate


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.3, 0.7, SUPPORTED),  # edges are accepted
        (0.2, 0.8, INCONCLUSIVE),  # wider than the accepted values
        (0.0, 0.29, REFUTED),
        (0.71, 0.9, REFUTED),
        (0.2, 0.3, INCONCLUSIVE),  # it touches
        (0.7, 0.8, INCONCLUSIVE),
    ],
)
def test_verdict_is_where_the_whole_interval_lies(low, high, expected):
    assert verdict(Estimate((low + high) / 2, low, high), (0.3, 0.7)) == expected


def test_verdict_of_an_exact_number_is_never_inconclusive():
    assert verdict(Estimate(0.0), (0, None)) == SUPPORTED
    assert verdict(Estimate(0.0), (None, -1)) == REFUTED


def test_required_factor_brings_the_bounds_to_the_edge():
    assert required_factor(Estimate(0.1, -0.1, 0.3), (0, None)) == pytest.approx(4)  # half as wide
    assert required_factor(Estimate(0.5, -0.5, 2.0), (0, 1)) == pytest.approx(9)  # the farther bound decides
    assert required_factor(Estimate(0.0, -0.1, 0.1), (0, None)) is None  # on the edge no sample decides it
    assert required_factor(Estimate(0.2, 0.1, 0.3), (0, None)) is None  # decided


@pytest.mark.parametrize(
    ("numbers", "expected"), [((0.2, 0.1, 0.45), REFUTED), ((0.75, 0.6, 0.9), REFUTED), ((0.5, 0.1, 0.8), SUPPORTED)]
)
def test_required_sample_decides(numbers, expected):
    interval, (value, *bounds) = (0.3, 0.7), numbers
    shrink = math.sqrt(required_factor(Estimate(*numbers), interval))
    for margin, result in ((1e-9, expected), (-1e-9, INCONCLUSIVE)):
        shrunk = [value + (bound - value) / shrink * (1 - margin) for bound in bounds]
        assert verdict(Estimate(value, *shrunk), interval) == result
