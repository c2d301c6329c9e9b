"""Intervals, against SciPy, published values and simulation."""

import numpy as np
import pytest
from scipy import stats

from vision.scores import intervals


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.mark.parametrize(("correct", "images"), [(9932, 10_000), (9231, 10_000), (0, 20), (20, 20), (1, 1), (7, 20)])
def test_wilson_interval_is_scipys(correct, images):
    low, high = intervals.wilson_interval(correct, images)
    expected = stats.binomtest(correct, images).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert 0 <= low <= correct / images <= high <= 1


def test_intervals_of_means_are_scipys(generator):
    values = generator.normal(5, 2, 40)
    mean, error = values.mean(), stats.sem(values)
    assert intervals.mean_interval(values) == pytest.approx((mean - 1.959964 * error, mean + 1.959964 * error))
    few = intervals.over_seeds(values[:3])
    assert (few["mean"], few["std"]) == pytest.approx((np.mean(values[:3]), np.std(values[:3], ddof=1)))
    expected = stats.ttest_1samp(values[:3], 0).confidence_interval(0.95)
    assert (few["low"], few["high"]) == pytest.approx((expected.low, expected.high))
    assert intervals.over_seeds(values[:3], largest=few["mean"]) == few | {"high": few["mean"]}


def test_bootstrap_of_a_mean_agrees_with_its_formula_and_depends_on_the_seed(generator):
    values = generator.normal(size=200)
    found = [intervals.bootstrap(lambda chosen: values[chosen].mean(), 200, 2000, seed) for seed in (1, 1, 2)]
    assert found[0] == found[1] != found[2]
    assert found[0] == pytest.approx(intervals.mean_interval(values), abs=0.02)


def test_proportion_of_nothing_is_only_its_count():
    assert intervals.proportion(np.zeros(0, bool)) == {"images": 0}
    low, high = intervals.wilson_interval(3, 4)
    found = intervals.proportion(np.array([True, False, True, True]))
    assert found == {"images": 4, "share": 0.75, "low": low, "high": high}


def test_over_seeds_and_samples_covers_what_both_move(generator):
    """A difference of two networks: seeds move it, images move it, and what each image does differs by seed."""
    covered, covered_by_seeds = [], []
    for _ in range(1000):
        seeds = 0.002 * generator.normal(size=(3, 1))
        images = 0.1 * generator.normal(size=(1, 500))
        gains = 0.01 + seeds + images + 0.1 * generator.normal(size=(3, 500))
        values = gains.mean(1)
        found, alone = intervals.over_seeds_and_samples(values, gains.mean(0)), intervals.over_seeds(values)
        covered.append(found["low"] <= 0.01 <= found["high"])
        covered_by_seeds.append(alone["low"] <= 0.01 <= alone["high"])
        assert (found["mean"], found["std"]) == (alone["mean"], alone["std"])
    assert np.mean(covered) >= 0.95
    assert np.mean(covered_by_seeds) < 0.93
    low, high = intervals.mean_interval(gains.mean(0))
    widths = [(high - low) / 2, alone["high"] - alone["mean"]]  # added in squares
    assert [found["mean"] - found["low"], found["high"] - found["mean"]] == pytest.approx([np.hypot(*widths)] * 2)
