"""How a loss falls with more training images."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from vision.scores.intervals import CONFIDENCE


@dataclass(frozen=True)
class PowerLaw:
    """y = factor * x ** exponent, fitted as a line on logarithms.

    Attributes:
        exponent, exponent_low, exponent_high: with the 95 % t interval
        per_decade, per_decade_low, per_decade_high: what ten times the x does to y, 10 ** exponent
    """

    factor: float
    exponent: float
    exponent_low: float
    exponent_high: float
    per_decade: float
    per_decade_low: float
    per_decade_high: float


def fit_power_law(x: np.ndarray, y: np.ndarray) -> PowerLaw:
    """Fit by least squares on logarithms; every point counts alike.

    Args:
        x, y: float (N,), positive, at least 3 points of at least 2 different x
    """
    from scipy import stats  # half a second to import, and this is its only use

    line = stats.linregress(np.log(x), np.log(y))
    half = stdtrit(len(x) - 2, 0.5 + CONFIDENCE / 2) * line.stderr
    exponents = [float(line.slope + step) for step in (0, -half, half)]
    return PowerLaw(float(np.exp(line.intercept)), *exponents, *(10**exponent for exponent in exponents))
