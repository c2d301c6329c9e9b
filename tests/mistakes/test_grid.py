"""Document 003's mistakes with its grid of thirty runs."""

import numpy as np
import pytest

from vision.mistakes.grid import count_epochs, misname_curves, trust_the_best

GRID = {"lr": [0.1, 0.01], "batch_size": [64, 128, 256], "hidden": [[25], [50], [100], [150], [200]]}


def test_half_of_the_documents_curves_have_a_wrong_name():
    scores = np.arange(30) / 100
    names, mean = misname_curves(scores, GRID, 10_000)
    assert (names["wrong"], names["right"]) == (15, 0)
    # For learning rate 0.01 it takes the curves 3 to 17 and not 15 to 29.
    assert (mean["wrong"], mean["right"]) == (pytest.approx(0.10), pytest.approx(0.22))
    assert mean["at"] == "lr 0.01"


def test_the_index_is_the_documents_own():
    taken = [
        a * len(GRID["batch_size"]) + b * len(GRID["hidden"]) + c for a in range(2) for b in range(3) for c in range(5)
    ]
    scores = np.random.default_rng(0).random(30)
    _, mean = misname_curves(scores, GRID, 10_000)
    assert mean["wrong"] == pytest.approx(scores[taken[15:]].mean())
    assert mean["right"] == pytest.approx(scores[15:].mean())


def test_with_one_learning_rate_no_curve_is_misnamed():
    names, mean = misname_curves(np.arange(6) / 10, GRID | {"lr": [0.1], "hidden": [[25], [50]]}, 100)
    assert names["wrong"] == 0
    assert mean["left_out"]


def test_the_best_of_many_is_judged_by_fresh_seeds():
    scores, again = np.array([0.90, 0.95, 0.93]), np.array([[0.92, 0.93, 0.94], [0.91, 0.93, 0.92]])
    accuracy, lead = trust_the_best(scores, again, 1000)
    assert (accuracy["wrong"], accuracy["right"], accuracy["change"]) == tuple(
        pytest.approx(x) for x in (0.95, 0.93, 0.02)
    )
    assert (lead["wrong"], lead["right"], lead["change"]) == tuple(pytest.approx(x) for x in (0.02, 0.01, 0.01))
    assert accuracy["change_low"] < 0 < accuracy["change_high"]  # one run of a point that scatters as much


def test_of_alike_points_the_best_is_too_good():
    """Thirty points of the same worth: the interval of the fresh seeds holds it, the best single run lies above."""
    generator = np.random.default_rng(0)
    found = [trust_the_best(*(generator.normal(0.9, 0.01, size) for size in (30, (2, 3))), 1000) for _ in range(200)]
    assert np.mean([accuracy["change"] for accuracy, _ in found]) == pytest.approx(0.0204, abs=0.002)  # of 30 normals
    held = np.mean([accuracy["right_low"] <= 0.9 <= accuracy["right_high"] for accuracy, _ in found])
    assert 0.9 <= held <= 0.99


def test_a_single_point_leads_nobody():
    accuracy, lead = trust_the_best(np.array([0.9]), np.array([[0.9, 0.8]]), 100)
    assert (accuracy["wrong"], accuracy["right"]) == (0.9, pytest.approx(0.85))
    assert lead["left_out"]


def curves(updates, epochs):
    """Accuracies that depend on the number of steps alone: a thousandth for each."""
    return np.outer(updates, np.arange(1, epochs + 1) / epochs) / 1000


def test_at_equal_steps_a_batch_that_only_takes_more_of_them_has_no_lead():
    grid = {"lr": [0.1, 0.01], "batch_size": [16, 4], "hidden": [[5], [6]]}
    updates = np.array([40, 40, 160, 160] * 2)
    found = count_epochs(curves(updates, 4), updates, grid, 2)
    assert [row["at"] for row in found] == [
        "batches of 4 and of 16, learning rate 0.1", "batches of 4 and of 16, learning rate 0.01"
    ]  # fmt: skip
    for row in found:
        # Last two epochs: after 120 and 160 steps against 30 and 40; within (20, 40] steps ends one epoch, after 40.
        assert (row["wrong"], row["right"]) == (pytest.approx(0.140 - 0.035), pytest.approx(0.040 - 0.035))


def test_the_order_of_the_grids_names_does_not_matter():
    names = {"hidden": [[5], [6]], "batch_size": [4, 16], "lr": [0.1]}
    updates = np.array([160, 40, 160, 40])
    (row,) = count_epochs(curves(updates, 4), updates, names, 2)
    assert row["wrong"] == pytest.approx(0.105)


def test_without_an_epoch_within_the_span_the_nearest_is_taken():
    grid = {"lr": [0.1], "batch_size": [1, 100], "hidden": [[5], [6]]}
    updates = np.array([1000, 10, 1000, 10]).reshape(2, 2).T.ravel()
    (row,) = count_epochs(curves(updates, 2), updates, grid, 1)
    assert row["right"] == pytest.approx(0.5 - 0.01)


@pytest.mark.parametrize(
    "changes", [{"batch_size": [64]}, {"hidden": [[25]]}, {"hidden": [[25], [50]], "batch_size": [128]}]
)
def test_what_cannot_be_compared_is_left_out(changes):
    grid = {"lr": [0.1], "batch_size": [64, 128], "hidden": [[25], [50]]} | changes
    points = len(grid["batch_size"]) * len(grid["hidden"])
    (row,) = count_epochs(np.full((points, 4), 0.9), np.full(points, 40), grid, 2)
    assert row["left_out"]


def test_a_run_that_diverged_is_left_out():
    grid, accuracies = {"lr": [0.1], "batch_size": [64, 128], "hidden": [[25], [50]]}, np.full((4, 4), 0.9)
    accuracies[0, 2:] = np.nan
    (row,) = count_epochs(accuracies, np.array([40, 40, 20, 20]), grid, 2)
    assert "diverged" in row["left_out"]
