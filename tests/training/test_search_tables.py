"""What is kept of a search: when each run had settled, a row for each run, and the histories of all."""

import numpy as np
import pytest

from tests.trainings import entry
from vision.training.history import Training
from vision.training.runs import Trained
from vision.training.search_tables import histories, run_table, settled_epoch


def training(accuracies, diverged=False):
    curves = [{"valid_accuracy": value} for value in accuracies]
    return Training(curves, [0.5] * 4 * len(curves), len(curves), diverged)


def by_lr(run):
    return 0.5 + run.model.lr / 10


@pytest.mark.parametrize(
    ("accuracies", "epochs", "expected"),
    [
        ([0.5, 0.88, 0.8992, 0.9, 0.9, 0.9], 3, 3),  # within 0.1 points of 90 %
        ([0.5, 0.88, 0.8988, 0.9, 0.9, 0.9], 3, 4),
        ([0.5, 0.91, 0.8, 0.9, 0.9], 2, 2),  # what falls again has been there
        ([0.5, 0.5, 0.9], 1, 3),
        ([0.9] * 3, 3, 1),
    ],
)
def test_settled_epoch_is_the_first_within_a_tenth_of_a_point_of_the_last_epochs(accuracies, epochs, expected):
    assert settled_epoch(training(accuracies), epochs) == expected
    assert settled_epoch(training(accuracies, diverged=True), epochs) == 0


def test_run_table_has_a_row_for_each_run_and_one_that_is_chosen(run_search):
    model = entry({"lr": [1, 2], "hidden": [[4], [5, 6]]}, search={"repeats": 3})
    result, calls = run_search(model, by_lr, lambda run: run.model.lr == 1)
    rows = run_table(result, 1)
    assert len(rows) == len(calls)
    for row, run in zip(rows, calls, strict=True):
        assert (row["round"], row["fresh"], row["seed"], row["lr"]) == (1, run.fresh, run.seed, f"{run.model.lr:g}")
        assert row["hidden"] == " ".join(map(str, run.values["hidden"]))
        assert row["updates"] == 8
        assert row["diverged"] == (run.model.lr == 1)
        assert row["score"] == (0 if row["diverged"] else pytest.approx(by_lr(run)))
        assert row["settled_epoch"] == (0 if row["diverged"] else 2)
    assert [row for row in rows if row["chosen"]] == [rows[result.chosen]]
    assert [run for run, row in zip(calls, rows, strict=True) if row["winner"]] == [
        run for run in calls if run.model == result.model
    ]
    assert sum(row["winner"] for row in rows) == 1 + 3  # with the common seed and each fresh one
    assert len({run.name for run in calls}) == len(calls)


def test_histories_end_in_nan_where_a_run_was_shorter(run_search):
    result, _ = run_search(entry({"lr": [1, 2]}), by_lr)
    result.results[1] = Trained({}, {}, training([0.25], diverged=True))
    result.results[2] = Trained({}, {}, training([], diverged=True))
    result.chosen = 1
    arrays, n = histories(result), len(result.runs)
    assert arrays["names"].tolist() == [run.name for run in result.runs]
    assert (arrays["valid_accuracy"].shape, arrays["step_losses"].shape) == ((n, 2), (n, 8))
    assert arrays["valid_accuracy"].dtype == arrays["step_losses"].dtype == np.float32
    lengths = np.array([2, 1, 0, *[2] * (n - 3)])
    np.testing.assert_array_equal((~np.isnan(arrays["valid_accuracy"])).sum(1), lengths)
    np.testing.assert_array_equal((~np.isnan(arrays["step_losses"])).sum(1), 4 * lengths)
    np.testing.assert_array_equal(arrays["valid_accuracy"][1], [0.25, np.nan])
    assert arrays["chosen_step_losses"].tolist() == [0.5] * 4
