"""Document 003's errors with its grid of thirty runs (B3.4, B3.10)."""

import numpy as np
import pytest

from tests.document_errors.conftest import values
from vision.document_errors.grid import compare_at_equal_epochs, index_wrongly, report_the_best_run

GRID = {"lr": [0.1, 0.01], "batch_size": [64, 128, 256], "hidden": [[25], [50], [100], [150], [200]]}


def test_index_wrongly_uses_the_index_of_the_document():
    taken = [a * 3 + b * 5 + c for a in range(2) for b in range(3) for c in range(5)]
    scores = np.random.default_rng(0).random(30)
    names, mean = index_wrongly(scores, GRID, 10_000)
    assert values(names) == [15, 0, 15]
    assert values(mean)[:2] == pytest.approx([scores[taken[15:]].mean(), scores[15:].mean()])


def test_best_run_is_compared_with_new_seeds():
    scores, repeated = np.array([0.90, 0.95, 0.93]), np.array([[0.92, 0.93, 0.94], [0.91, 0.93, 0.92]])
    accuracy, lead = report_the_best_run(scores, repeated, 1000)
    np.testing.assert_allclose([values(accuracy), values(lead)], [[0.95, 0.93, 0.02], [0.02, 0.01, 0.01]])
    assert accuracy.change.low < 0 < accuracy.change.high


def test_best_of_equal_points_is_biased_upwards():
    """Thirty points of the same accuracy: the interval of the new seeds covers it, the best single run is above."""
    generator = np.random.default_rng(0)
    rows = [
        report_the_best_run(*(generator.normal(0.9, 0.01, size) for size in (30, (2, 3))), 1000)[0] for _ in range(200)
    ]
    assert np.mean([row.change.value for row in rows]) == pytest.approx(0.0204, abs=0.002)  # of 30 normals
    assert 0.9 <= np.mean([row.right.low <= 0.9 <= row.right.high for row in rows]) <= 0.99


def curves(updates, epochs):
    """Accuracies that depend on the number of updates alone: a thousandth for each."""
    return np.outer(updates, np.arange(1, epochs + 1) / epochs) / 1000


def test_batch_sizes_are_compared_at_equal_updates():
    grid = {"lr": [0.1, 0.01], "batch_size": [16, 4], "hidden": [[5], [6]]}
    updates = np.array([40, 40, 160, 160] * 2)
    rows = compare_at_equal_epochs(curves(updates, 4), updates, grid, 2)
    assert [row.at for row in rows] == [f"batches of 4 and of 16, learning rate {rate}" for rate in (0.1, 0.01)]
    for row in rows:
        # Last two epochs: after 120 and 160 updates against 30 and 40; within (20, 40] ends one epoch, after 40.
        assert values(row)[:2] == pytest.approx([0.140 - 0.035, 0.040 - 0.035])
