"""The rule of practical equivalence: where the 95 % interval of an estimate lies against an acceptance interval.

Kruschke (2018, doi 10.1177/2515245918771304), with equal-tailed confidence intervals in place of his credible ones.
With two bounds it is the test of equivalence at 0.025 on either side.
"""

import math

from vision.scores.estimate import Estimate

SUPPORTED, REFUTED, INCONCLUSIVE = "supported", "refuted", "inconclusive"
Interval = tuple[float | None, float | None]  # bounds included; None or infinite where there is none


def verdict(estimate: Estimate, interval: Interval) -> str:
    """Supported if the estimate's interval lies inside, refuted if it lies outside, inconclusive across a bound."""
    (low, high), (smallest, largest) = _bounds(interval), _interval(estimate)
    if low <= smallest and largest <= high:
        return SUPPORTED
    return REFUTED if largest < low or high < smallest else INCONCLUSIVE


def required_factor(estimate: Estimate, interval: Interval) -> float | None:
    """How many times the sample would end an inconclusive verdict, if the value stayed the same.

    An interval shrinks with the square root of the sample: each of its bounds that lies beyond a bound of the
    acceptance interval must come back to it. None where the verdict is not inconclusive, or no sample would end it.
    """
    if verdict(estimate, interval) != INCONCLUSIVE:
        return None
    (low, high), (smallest, largest), value = _bounds(interval), _interval(estimate), estimate.value
    if low <= value <= high:
        pairs = [(end, bound) for end, bound in ((smallest, low), (largest, high)) if not low <= end <= high]
    else:  # it must leave the acceptance interval at the nearer bound
        pairs = [(smallest, high) if value > high else (largest, low)]
    factors = [((end - value) / (bound - value)) ** 2 if bound != value else math.inf for end, bound in pairs]
    return max(factors) if math.isfinite(max(factors)) else None


def _bounds(interval: Interval) -> tuple[float, float]:
    low, high = interval
    return -math.inf if low is None else low, math.inf if high is None else high


def _interval(estimate: Estimate) -> tuple[float, float]:
    """The estimate's interval; its value twice where it has none."""
    return (estimate.value, estimate.value) if estimate.low is None else (estimate.low, estimate.high)
