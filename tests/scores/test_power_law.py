"""The power law: exact points, and an interval that covers the truth as often as it says."""

import numpy as np
import pytest

from vision.scores.power_law import fit_power_law


def test_power_law_without_noise_is_found_exactly():
    x = np.array([10.0, 20, 40, 80])
    law = fit_power_law(x, 3 * x**-0.4)
    assert (law.factor, law.exponent, law.per_decade) == pytest.approx((3, -0.4, 10**-0.4))


def test_power_law_interval_covers_the_truth_19_times_in_20():
    x, generator = np.repeat([1.0, 4], 2), np.random.default_rng(0)
    laws = [fit_power_law(x, x**0.5 * np.exp(generator.normal(0, 0.2, len(x)))) for _ in range(400)]
    covered = np.mean([law.exponent_low <= 0.5 <= law.exponent_high for law in laws])
    assert 0.92 < covered < 0.98
    assert all(law.per_decade_low < law.per_decade < law.per_decade_high for law in laws)
