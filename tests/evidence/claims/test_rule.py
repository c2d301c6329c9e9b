"""The one rule: an interval inside, outside or across the edges of a region, and the sample that would settle it."""

import math

import pytest

from vision.evidence.claims.rule import FAILS, HOLDS, OPEN, Quantity, Region


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.3, 0.7, HOLDS),  # edges belong to the region
        (0.2, 0.4, OPEN),
        (0.6, 0.8, OPEN),
        (0.2, 0.8, OPEN),  # wider than the region
        (0.0, 0.29, FAILS),
        (0.71, 0.9, FAILS),
        (0.2, 0.3, OPEN),  # it touches
        (0.7, 0.8, OPEN),
    ],
)
def test_region_judges_intervals_inside_outside_and_across_an_edge(low, high, expected):
    assert Region(0.3, 0.7).judge(Quantity((low + high) / 2, low, high)) == expected


@pytest.mark.parametrize(("value", "expected"), [(1, HOLDS), (-1, FAILS), (0, HOLDS)])
def test_quantity_without_an_interval_is_never_open(value, expected):
    assert Region(low=0).judge(Quantity(value, value, value)) == expected


@pytest.mark.parametrize(
    ("region", "quantity", "expected"),
    [
        (Region(low=0), (0.1, -0.1, 0.3), 4),  # half as wide: four times the sample
        (Region(high=0), (0.1, -0.1, 0.3), 4),  # to leave the region asks as much
        (Region(0, 1), (0.5, -0.5, 2.0), 9),  # both bounds must come in: the worse one decides
        (Region(0.3, 0.7), (0.2, 0.1, 0.4), 4),
        (Region(low=0), (0.0, -0.1, 0.1), None),  # on the edge nothing settles it
        (Region(low=0), (0.2, 0.1, 0.3), None),  # settled
    ],
)
def test_settled_by_is_the_factor_that_brings_the_bounds_to_the_edge(region, quantity, expected):
    found = region.settled_by(Quantity(*quantity, "images", 100))
    assert found == (expected if expected is None else pytest.approx(expected))
    assert region.settled_by(Quantity(*quantity)) is None  # nothing shrinks its interval


def test_sample_of_settled_by_settles():
    region, quantity = Region(0.3, 0.7), Quantity(0.2, 0.1, 0.45, "images", 100)
    shrink = math.sqrt(region.settled_by(quantity))
    bounds = [0.2 + (bound - 0.2) / shrink * (1 - 1e-9) for bound in quantity.interval]
    assert region.judge(Quantity(0.2, *bounds)) == FAILS
