"""The one rule: inside, outside, across an edge; and what would settle it."""

import math

import pytest

from vision.evidence.statements.rule import FAILS, HOLDS, OPEN, Quantity, Region


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.4, 0.6, HOLDS),
        (0.3, 0.7, HOLDS),  # edges belong to the region
        (0.2, 0.4, OPEN),
        (0.6, 0.8, OPEN),
        (0.2, 0.8, OPEN),  # wider than the region
        (0.0, 0.29, FAILS),
        (0.71, 0.9, FAILS),
        (0.2, 0.3, OPEN),  # it touches
    ],
)
def test_inside_outside_and_across(low, high, expected):
    assert Region(0.3, 0.7).judge(Quantity((low + high) / 2, low, high)) == expected


@pytest.mark.parametrize(("value", "expected"), [(1, HOLDS), (-1, FAILS), (0, HOLDS)])
def test_what_has_no_interval_is_never_open(value, expected):
    assert Region(low=0).judge(Quantity(value, value, value)) == expected


def test_less_data_never_makes_a_statement_hold():
    """The interval grows around the same number: holds becomes open and stays so."""
    words = [Region(-0.1, 0.1).judge(Quantity(0.02, 0.02 - half, 0.02 + half)) for half in (0.01, 0.07, 0.09, 0.5, 5)]
    assert words == [HOLDS, HOLDS, OPEN, OPEN, OPEN]


@pytest.mark.parametrize(
    ("region", "quantity", "expected"),
    [
        (Region(low=0), (0.1, -0.1, 0.3), 4 / 1),  # half as wide: four times the sample
        (Region(high=0), (0.1, -0.1, 0.3), 4 / 1),  # to leave the region asks as much
        (Region(0, 1), (0.5, -0.5, 2.0), (1.5 / 0.5) ** 2),  # both bounds must come in: the worse one decides
        (Region(0.3, 0.7), (0.2, 0.1, 0.4), (0.2 / 0.1) ** 2),
        (Region(low=0), (0.0, -0.1, 0.1), None),  # on the edge nothing settles it
        (Region(low=0), (0.2, 0.1, 0.3), None),  # settled
    ],
)
def test_the_sample_that_would_settle_it(region, quantity, expected):
    found = region.settled_by(Quantity(*quantity, "images", 100))
    assert found == (expected if expected is None else pytest.approx(expected))


def test_with_that_sample_it_is_settled():
    region, quantity = Region(0.3, 0.7), Quantity(0.2, 0.1, 0.45, "images", 100)
    shrink = math.sqrt(region.settled_by(quantity))
    bounds = [0.2 + (bound - 0.2) / shrink * (1 - 1e-9) for bound in quantity.interval]
    assert region.judge(Quantity(0.2, *bounds)) == FAILS


def test_what_no_sample_shrinks_is_not_settled_by_one():
    assert Region(low=0).settled_by(Quantity(0.1, -0.1, 0.3)) is None
