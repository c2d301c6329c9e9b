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


def test_the_table_has_a_row_for_each_run_and_one_that_is_chosen(found):
    model = entry({"lr": [1, 2], "hidden": [[4], [5, 6]]}, search={"repeats": 3})
    result, calls = found(model, by_lr, lambda run: run.model.lr == 1)
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


def test_histories_end_in_nan_where_a_run_was_shorter(found):
    result, _ = found(entry({"lr": [1, 2]}), by_lr)
    result.results[1] = Trained({}, {}, training([0.25], diverged=True))
    result.results[2] = Trained({}, {}, training([], diverged=True))
    arrays = histories(result)
    n = len(result.runs)
    assert arrays["names"].tolist() == [run.name for run in result.runs]
    assert (arrays["valid_accuracy"].shape, arrays["step_losses"].shape) == ((n, 2), (n, 8))
    assert arrays["valid_accuracy"].dtype == arrays["step_losses"].dtype == np.float32
    lengths = [2, 1, 0, *[2] * (n - 3)]
    assert (~np.isnan(arrays["valid_accuracy"])).sum(1).tolist() == lengths
    assert (~np.isnan(arrays["step_losses"])).sum(1).tolist() == [4 * length for length in lengths]
    np.testing.assert_array_equal(arrays["valid_accuracy"][1], [0.25, np.nan])
    result.chosen = 1
    assert histories(result)["chosen_step_losses"].tolist() == [0.5] * 4
