"""The sweep of lambda: its runs, and what a table says of each value."""

import numpy as np
import pytest

from vision.pipeline.schema.models import ReplicatedSweep
from vision.studies.replication.sweeps import lambda_rows, sweep_runs

SWEEP = ReplicatedSweep(replication="softmax", weight_decay=[1, 0.1], settled_epoch=2, last_epochs=2)


def test_sweep_has_a_fresh_run_for_each_lambda_and_seed(entry):
    """Bug B3.1; nothing but lambda differs."""
    settings = entry(weight_decay=0.5)
    runs = sweep_runs(settings, SWEEP)
    assert [(run.entry.weight_decay, run.seed) for run in runs] == [(1, 0), (1, 1), (0.1, 0), (0.1, 1)]
    assert all(run.entry.model_copy(update={"weight_decay": 0.5}) == settings for run in runs)


def test_lambda_rows_are_those_by_hand():
    curves = {1.0: [[0.1, 0.5, 0.6, 0.8], [0.2, 0.7, 0.7, 0.7]], 0.1: [[0.5, 0.9, 0.9, 0.9], [0.5, 0.8, 0.8, 0.9]]}
    first, second = lambda_rows({key: [np.array(run) for run in runs] for key, runs in curves.items()}, SWEEP, 4)
    expected = {"final": [0.8, 0.7], "settled": [0.7, 0.7], "later_gain": [0.2, 0.0]}
    expected["fluctuation"] = [np.std([0.6, 0.8], ddof=1), 0]
    assert first.keys() == {"weight_decay", *expected}
    for name, values in expected.items():
        assert first[name]["mean"] == pytest.approx(np.mean(values))
        assert first[name]["std"] == pytest.approx(np.std(values, ddof=1))
    assert second["gain"]["mean"] == pytest.approx(np.mean([0.9 - 0.7, 0.85 - 0.7]))
    # An accuracy cannot exceed 1, and a gain in accuracy can seem to.
    assert (first["final"]["high"], first["settled"]["high"]) == (1, 0.7)
    assert first["later_gain"]["high"] > 1


def test_a_lambda_that_made_a_run_diverge_has_no_numbers_and_no_gain_over_it():
    full, short = np.array([0.1, 0.2, 0.3]), np.array([0.1])
    rows = lambda_rows({1.0: [full, full], 0.1: [full, short], 0.01: [full, full], 0.001: [full, full]}, SWEEP, 3)
    assert rows[1] == {"weight_decay": 0.1, "diverged": True}
    assert ["gain" in row for row in rows] == [False, False, False, True]
