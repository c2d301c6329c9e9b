"""The power law: exact points, and the coverage of its interval."""

import numpy as np
import pytest

from vision.scores.power_law import fit_power_law


def test_power_law_without_noise_is_recovered_exactly():
    x = np.array([10.0, 20, 40, 80])
    law = fit_power_law(x, 3 * x**-0.4)
    assert (law.factor, law.exponent.value, law.per_decade.value) == pytest.approx((3, -0.4, 10**-0.4))


def test_power_law_interval_covers_the_truth_19_times_in_20():
    x, generator = np.repeat([1.0, 4], 2), np.random.default_rng(0)
    laws = [fit_power_law(x, x**0.5 * np.exp(generator.normal(0, 0.2, len(x)))) for _ in range(400)]
    covered = np.mean([law.exponent.low <= 0.5 <= law.exponent.high for law in laws])
    assert 0.92 < covered < 0.98
    assert all(law.per_decade.low < law.per_decade.value < law.per_decade.high for law in laws)
