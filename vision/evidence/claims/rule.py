"""The one rule by which a statement is judged: where a quantity's interval lies against the region in which it is true.

Kruschke (2018, doi 10.1177/2515245918771304), with the equal-tailed 95 % confidence intervals that we have for his
credible ones. Of a region with two edges it is the equivalence test at 0.025 on either side.
"""

import math
from typing import NamedTuple

HOLDS, FAILS, OPEN = "holds", "does not hold", "cannot be said"


class Quantity(NamedTuple):
    """What was measured of a statement.

    Attributes:
        value, low, high: the number and its 95 % interval; all the same where chance has no part in it
        sample: what the interval would shrink with, as "test images"; empty where it shrinks with nothing
        size: of that sample; None where only its multiple can be said
    """

    value: float
    low: float
    high: float
    sample: str = ""
    size: int | None = None

    @property
    def interval(self) -> tuple[float, float]:
        """Its bounds."""
        return self.low, self.high


class Region(NamedTuple):
    """The values for which a statement is true, edges included; an edge may be infinite."""

    low: float = -math.inf
    high: float = math.inf

    def judge(self, quantity: Quantity) -> str:
        """Holds if the interval lies inside, does not hold if it lies outside, and cannot be said across an edge."""
        if self.low <= quantity.low and quantity.high <= self.high:
            return HOLDS
        if quantity.high < self.low or self.high < quantity.low:
            return FAILS
        return OPEN

    def settled_by(self, quantity: Quantity) -> float | None:
        """How many times the sample would settle what cannot be said, if the number stayed where it is.

        An interval shrinks with the square root of the sample: each bound that lies beyond an edge must come back to
        it. None where no sample would, as the number lies on the edge, or nothing shrinks the interval.
        """
        if self.judge(quantity) != OPEN or not quantity.sample:
            return None
        value, inside = quantity.value, self.low <= quantity.value <= self.high
        factors = []
        for bound, edge in ((quantity.low, self.low), (quantity.high, self.high)):
            if inside and not self.low <= bound <= self.high:
                factors.append(_factor(value, bound, edge))
        if not inside:  # it must leave the region: the bound on the side of the nearer edge
            bound, edge = (quantity.low, self.high) if value > self.high else (quantity.high, self.low)
            factors.append(_factor(value, bound, edge))
        largest = max(factors, default=math.inf)
        return largest if math.isfinite(largest) else None


def _factor(value: float, bound: float, edge: float) -> float:
    return ((bound - value) / (edge - value)) ** 2 if edge != value else math.inf
