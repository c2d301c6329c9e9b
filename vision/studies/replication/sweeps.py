"""What a sweep of lambda says: how good each value is, whether it fluctuates, and when it has settled (row L5)."""

import math
from typing import Any

import numpy as np

from vision.pipeline.schema.replications import ReplicatedSweep, Replication
from vision.scores.intervals import over_seeds
from vision.studies.replication.runs import ReplicationRun

LARGEST = {"final": 1.0, "settled": 1.0}  # of what is an accuracy


def sweep_runs(entry: Replication, sweep: ReplicatedSweep) -> list[ReplicationRun]:
    """A fresh run for each lambda and seed (bug B3.1); those of one seed share split, first weights and order."""
    entries = [entry.model_copy(update={"weight_decay": penalty}) for penalty in sweep.weight_decay]
    return [ReplicationRun(one, seed) for one in entries for seed in entry.seeds]


def lambda_rows(accuracies: dict[float, list[np.ndarray]], sweep: ReplicatedSweep, epochs: int) -> list[dict[str, Any]]:
    """One row per lambda, each number over seeds; of one that made a run diverge only that it did.

    Args:
        accuracies: by lambda, of each seed in turn the validation accuracy by finite epoch, float (n_epochs,)
        epochs: that every run was to have

    Returns:
        rows of weight_decay and, of each of these its mean with interval: final, the accuracy after the last epoch, as
        the document plots it; settled, its mean over the last epochs; later_gain, how much higher that is than the
        accuracy after settled_epoch; fluctuation, the standard deviation over the last epochs; gain, by how much
        settled is higher than with the lambda before, on the same splits
    """
    rows, before = [], None
    for penalty, runs in accuracies.items():
        if any(len(run) < epochs for run in runs):
            rows.append({"weight_decay": penalty, "diverged": True})
            before = None
            continue
        numbers = _numbers(np.stack(runs), sweep)
        if before is not None:
            numbers["gain"] = numbers["settled"] - before
        before = numbers["settled"]
        found = {name: over_seeds(values, largest=LARGEST.get(name, math.inf)) for name, values in numbers.items()}
        rows.append({"weight_decay": penalty, **found})
    return rows


def _numbers(curves: np.ndarray, sweep: ReplicatedSweep) -> dict[str, np.ndarray]:
    """What is measured of the curves (n_seeds, n_epochs) of one lambda: each (n_seeds,)."""
    last = curves[:, -sweep.last_epochs :]
    return {
        "final": last[:, -1],
        "settled": last.mean(1),
        "later_gain": last.mean(1) - curves[:, sweep.settled_epoch - 1],
        "fluctuation": last.std(1, ddof=1),
    }
