"""Intervals, against scipy and published values."""

import numpy as np
import pytest
from scipy import stats

from vision.scores import intervals


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.mark.parametrize(
    ("correct", "low", "high"), [(9932, 0.9914, 0.9946), (9837, 0.9810, 0.9860), (9231, 0.9177, 0.9282)]
)
def test_wilson_interval_gives_known_values(correct, low, high):
    assert intervals.wilson_interval(correct, 10_000) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("correct", "images"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 20)])
def test_wilson_interval_holds_its_proportion_inside_0_and_1(correct, images):
    low, high = intervals.wilson_interval(correct, images)
    assert 0 <= low <= correct / images <= high <= 1
    assert low < high


def test_intervals_of_means_are_scipys(generator):
    values = generator.normal(5, 2, 40)
    mean, error = values.mean(), stats.sem(values)
    assert intervals.mean_interval(values) == pytest.approx((mean - 1.959964 * error, mean + 1.959964 * error))
    few = intervals.over_seeds(values[:3])
    assert (few["mean"], few["std"]) == pytest.approx((np.mean(values[:3]), np.std(values[:3], ddof=1)))
    expected = stats.ttest_1samp(values[:3], 0).confidence_interval(0.95)
    assert (few["low"], few["high"]) == pytest.approx((expected.low, expected.high))
    assert intervals.over_seeds(values[:3], largest=few["mean"]) == few | {"high": few["mean"]}


def test_bootstrap_of_a_mean_agrees_with_its_formula_and_repeats_itself(generator):
    values = generator.normal(size=400)
    found = [intervals.bootstrap(lambda chosen: values[chosen].mean(), 400, 2000, seed=1) for _ in range(2)]
    assert found[0] == found[1]
    assert found[0] == pytest.approx(intervals.mean_interval(values), abs=0.02)


def test_proportion_of_nothing_is_only_its_count():
    assert intervals.proportion(np.zeros(0, bool)) == {"images": 0}
    assert intervals.proportion(np.array([True, False, True, True]))["share"] == 0.75


def test_over_seeds_and_samples_covers_what_both_move(generator):
    """A difference of two networks: seeds move it, images move it, and what each image does differs by seed."""
    covered, of_seeds_alone = [], []
    for _ in range(2000):
        seeds = 0.002 * generator.normal(size=(3, 1))
        images = 0.1 * generator.normal(size=(1, 500))
        gains = 0.01 + seeds + images + 0.1 * generator.normal(size=(3, 500))
        values = gains.mean(1)
        found = intervals.over_seeds_and_samples(values, gains.mean(0))
        alone = intervals.over_seeds(values)
        covered.append(found["low"] <= 0.01 <= found["high"])
        of_seeds_alone.append(alone["low"] <= 0.01 <= alone["high"])
        assert (found["mean"], found["std"]) == (alone["mean"], alone["std"])
    assert np.mean(covered) >= 0.95
    assert np.mean(of_seeds_alone) < 0.93
