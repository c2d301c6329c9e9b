"""Document 003's mistakes with its grid of thirty runs (B3.4, B3.10)."""

import numpy as np
import pytest

from vision.document_errors.grid import count_epochs, misname_curves, trust_the_best

GRID = {"lr": [0.1, 0.01], "batch_size": [64, 128, 256], "hidden": [[25], [50], [100], [150], [200]]}


def test_misname_curves_uses_the_index_of_the_document():
    taken = [a * 3 + b * 5 + c for a in range(2) for b in range(3) for c in range(5)]
    scores = np.random.default_rng(0).random(30)
    names, mean = misname_curves(scores, GRID, 10_000)
    assert (names["wrong"], names["right"]) == (15, 0)
    assert mean["wrong"] == pytest.approx(scores[taken[15:]].mean())
    assert mean["right"] == pytest.approx(scores[15:].mean())
    assert mean["at"] == "lr 0.01"


def test_misname_curves_is_right_with_one_learning_rate():
    names, mean = misname_curves(np.arange(6) / 10, GRID | {"lr": [0.1], "hidden": [[25], [50]]}, 100)
    assert names["wrong"] == 0
    assert mean["left_out"]


def test_trust_the_best_compares_with_fresh_seeds():
    scores, again = np.array([0.90, 0.95, 0.93]), np.array([[0.92, 0.93, 0.94], [0.91, 0.93, 0.92]])
    accuracy, lead = trust_the_best(scores, again, 1000)
    values = [[one["wrong"], one["right"], one["change"]] for one in (accuracy, lead)]
    np.testing.assert_allclose(values, [[0.95, 0.93, 0.02], [0.02, 0.01, 0.01]])
    assert accuracy["change_low"] < 0 < accuracy["change_high"]  # one run of a point that scatters as much
    single, none = trust_the_best(scores[:1], again[:1], 1000)
    assert (single["wrong"], single["right"]) == (0.9, pytest.approx(0.93))
    assert none["left_out"]


def test_best_of_equal_points_is_biased_upwards():
    """Thirty points of the same worth: the interval of the fresh seeds holds it, the best single run lies above."""
    generator = np.random.default_rng(0)
    found = [trust_the_best(*(generator.normal(0.9, 0.01, size) for size in (30, (2, 3))), 1000) for _ in range(200)]
    assert np.mean([accuracy["change"] for accuracy, _ in found]) == pytest.approx(0.0204, abs=0.002)  # of 30 normals
    covered = np.mean([accuracy["right_low"] <= 0.9 <= accuracy["right_high"] for accuracy, _ in found])
    assert 0.9 <= covered <= 0.99


def curves(updates, epochs):
    """Accuracies that depend on the number of steps alone: a thousandth for each."""
    return np.outer(updates, np.arange(1, epochs + 1) / epochs) / 1000


def test_count_epochs_compares_batch_sizes_at_equal_steps():
    grid = {"lr": [0.1, 0.01], "batch_size": [16, 4], "hidden": [[5], [6]]}
    updates = np.array([40, 40, 160, 160] * 2)
    found = count_epochs(curves(updates, 4), updates, grid, 2)
    assert [row["at"] for row in found] == [f"batches of 4 and of 16, learning rate {rate}" for rate in (0.1, 0.01)]
    for row in found:
        # Last two epochs: after 120 and 160 steps against 30 and 40; within (20, 40] steps ends one epoch, after 40.
        assert (row["wrong"], row["right"]) == (pytest.approx(0.140 - 0.035), pytest.approx(0.040 - 0.035))


def test_count_epochs_takes_the_grid_in_any_order():
    names = {"hidden": [[5], [6]], "batch_size": [4, 16], "lr": [0.1]}
    updates = np.array([160, 40, 160, 40])
    (row,) = count_epochs(curves(updates, 4), updates, names, 2)
    assert row["wrong"] == pytest.approx(0.105)


def test_count_epochs_takes_the_nearest_epoch_where_none_is_within_the_span():
    grid = {"lr": [0.1], "batch_size": [1, 100], "hidden": [[5], [6]]}
    updates = np.array([1000, 1000, 10, 10])
    (row,) = count_epochs(curves(updates, 2), updates, grid, 1)
    assert row["right"] == pytest.approx(0.5 - 0.01)


@pytest.mark.parametrize(("changes", "diverged"), [({"batch_size": [64]}, 0), ({"hidden": [[25]]}, 0), ({}, 1)])
def test_count_epochs_leaves_out_what_cannot_be_compared(changes, diverged):
    grid = {"lr": [0.1], "batch_size": [64, 128], "hidden": [[25], [50]]} | changes
    points = len(grid["batch_size"]) * len(grid["hidden"])
    accuracies = np.full((points, 4), 0.9)
    accuracies[:diverged, 2:] = np.nan
    (row,) = count_epochs(accuracies, np.full(points, 40), grid, 2)
    assert row["left_out"]
