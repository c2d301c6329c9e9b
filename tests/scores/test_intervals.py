"""Intervals and power laws, against SciPy, exact cases and simulation."""

import numpy as np
import pytest
from scipy import stats

from vision.scores import intervals
from vision.scores.power_law import fit_power_law


@pytest.mark.parametrize(("correct", "images"), [(9932, 10_000), (0, 20), (1, 1)])
def test_wilson_interval_matches_scipy(correct, images):
    low, high = intervals.wilson_interval(correct, images)
    expected = stats.binomtest(correct, images).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= correct / images <= high <= 1


def test_share_of_nothing_is_unknown():
    assert intervals.count_estimate(0, 0)[:4] == (0, 0, 1, 0)
    assert intervals.share_estimate(np.zeros(0, bool)) is None
    estimate = intervals.share_estimate(np.array([True, False, True, True]))
    assert estimate[:4] == (0.75, *intervals.wilson_interval(3, 4), 4)


def test_intervals_of_means_match_scipy(generator):
    values = generator.normal(5, 2, 40)
    mean, error = values.mean(), stats.sem(values)
    normal = intervals.mean_estimate(values)
    assert normal[:4] == pytest.approx((mean, mean - 1.959964 * error, mean + 1.959964 * error, 40))
    few = intervals.seed_estimate(values[:3])
    expected = stats.ttest_1samp(values[:3], 0).confidence_interval(0.95)
    assert few[:4] == pytest.approx((np.mean(values[:3]), expected.low, expected.high, 3))
    assert intervals.seed_estimate(values[:3], largest=few.value) == few._replace(high=few.value)


def test_bootstrap_of_a_mean_agrees_with_its_formula_and_depends_on_the_seed(generator):
    values = generator.normal(size=200)
    found = [intervals.bootstrap(lambda chosen: values[chosen].mean(), 200, 2000, seed) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    assert found[0] == pytest.approx(intervals.mean_estimate(values)[1:3], abs=0.02)


def test_seed_and_sample_estimate_covers_the_variance_of_both(generator):
    """A difference of two networks that varies with seeds, with images, and with both together."""
    covered = []
    for _ in range(1000):
        seeds = 0.002 * generator.normal(size=(3, 1))
        images = 0.1 * generator.normal(size=(1, 500))
        gains = 0.01 + seeds + images + 0.1 * generator.normal(size=(3, 500))
        both = intervals.seed_and_sample_estimate(gains.mean(1), gains.mean(0))
        alone = intervals.seed_estimate(gains.mean(1))
        covered.append([estimate.low <= 0.01 <= estimate.high for estimate in (both, alone)])
    shares = np.mean(covered, 0)
    assert 0.99 > shares[0] >= 0.95 > 0.93 > shares[1]


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
