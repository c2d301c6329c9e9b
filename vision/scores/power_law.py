"""Power laws, such as that of the loss in the number of training images."""

from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from vision.scores.estimate import Estimate
from vision.scores.intervals import CONFIDENCE


@dataclass(frozen=True)
class PowerLaw:
    """y = factor * x ** exponent; `per_decade` is 10 ** exponent. Intervals are t intervals."""

    factor: float
    exponent: Estimate
    per_decade: Estimate


def fit_power_law(x: np.ndarray, y: np.ndarray) -> PowerLaw:
    """Fit by least squares on logarithms, of positive x and y, float (N,), at least 3 points."""
    from scipy import stats  # takes half a second to import

    line = stats.linregress(np.log(x), np.log(y))
    half = stdtrit(len(x) - 2, 0.5 + CONFIDENCE / 2) * line.stderr
    exponents = [float(line.slope + step) for step in (0, -half, half)]
    decades = [10**exponent for exponent in exponents]
    return PowerLaw(float(np.exp(line.intercept)), Estimate(*exponents, len(x)), Estimate(*decades, len(x)))
