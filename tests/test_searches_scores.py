"""What one run of a search is worth, and when it had settled: by hand and against a plain loop."""

import numpy as np
import pytest
from vision.searches import score, settled_epoch

from vision.training import Training


def training(accuracies, diverged=False):
    return Training([{"valid_accuracy": value} for value in accuracies], diverged=diverged)


@pytest.mark.parametrize(("epochs", "expected"), [(1, 0.9), (2, 0.8), (3, 0.6), (10, 0.6)])
def test_a_score_is_the_mean_over_the_last_epochs(epochs, expected):
    assert score(training([0.2, 0.7, 0.9]), epochs) == pytest.approx(expected)
    assert score(training([0.2, 0.7, 0.9], diverged=True), epochs) == score(training([], True), epochs) == 0


def test_a_run_has_settled_where_it_first_comes_within_a_tenth_of_a_point_of_its_last_epochs():
    generator = np.random.default_rng(0)
    seen = set()
    for _ in range(300):
        accuracies = 0.9 - 0.5 * generator.uniform(0.2, 0.9) ** np.arange(12) + generator.normal(size=12) * 0.002
        level = np.mean(accuracies[-3:]) - 0.001
        expected = next(epoch for epoch, value in enumerate(accuracies, start=1) if value >= level)
        assert settled_epoch(training(accuracies), 3) == expected
        seen.add(expected)
    assert len(seen) > 3
    assert settled_epoch(training([0.5, 0.5, 0.9]), 1) == 3
    assert settled_epoch(training([0.9] * 3), 3) == 1
    assert settled_epoch(training([0.9] * 3, diverged=True), 3) == 0
