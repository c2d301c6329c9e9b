"""The rule of practical equivalence of Kruschke (2018, doi 10.1177/2515245918771304), for confidence intervals."""

import math

from vision.scores.estimate import Estimate

Acceptance = tuple[float | None, float | None]  # the accepted values, edges included; None where there is no edge
SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"


def verdict(estimate: Estimate, interval: Acceptance) -> str:
    """Whether the interval, or the value without one, lies inside the accepted values, outside, or across an edge."""
    (low, high), (lowest, highest) = _bounds(estimate), _edges(interval)
    if lowest <= low and high <= highest:
        return SUPPORTED
    return REFUTED if high < lowest or highest < low else INCONCLUSIVE


def required_factor(estimate: Estimate, interval: Acceptance) -> float | None:
    """How many times the sample would decide an inconclusive estimate; None if it is decided, or no sample decides it.

    The value stays the same and the interval shrinks with the square root of the sample.
    """
    if verdict(estimate, interval) != INCONCLUSIVE:
        return None
    value, (low, high), (lowest, highest) = estimate.value, _bounds(estimate), _edges(interval)
    if value > highest:  # it must leave the accepted values, on the side of the nearer edge
        beyond = [(low, highest)]
    elif value < lowest:
        beyond = [(high, lowest)]
    else:
        beyond = [(low, lowest)] * (low < lowest) + [(high, highest)] * (high > highest)
    distances = [(bound - value, edge - value) for bound, edge in beyond]
    return max((now / then) ** 2 for now, then in distances) if all(then for _, then in distances) else None


def _bounds(estimate: Estimate) -> tuple[float, float]:
    return (estimate.value, estimate.value) if estimate.low is None else (estimate.low, estimate.high)


def _edges(interval: Acceptance) -> tuple[float, float]:
    low, high = interval
    return -math.inf if low is None else low, math.inf if high is None else high
