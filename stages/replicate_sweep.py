"""Does a smaller lambda do better, and when has each settled?

Reads the published training images. Trains document 003's softmax regression at its settings with each of its lambdas,
a fresh model for each and for each seed. Writes the curves of all runs, a row per lambda, and the same as metrics.
Row L5, bug B3.1.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import tidy_curves, write_metrics, write_table
from vision.pipeline.workers import run_all
from vision.studies.replication.runs import train_replication
from vision.studies.replication.sweeps import lambda_rows, sweep_runs


def main(params: Params, *, data: Path, metrics: Path, table: Path, curves: Path) -> None:
    sweep = params.replicated_sweep
    entry = params.replication(sweep.replication)
    jobs = sweep_runs(entry, sweep)
    train = partial(train_replication, data=data, device=params.device)
    results = run_all(train, jobs, workers=None if params.device == "cpu" else 1)

    tables, accuracies = [], {}
    for job, result in zip(jobs, results, strict=True):
        penalty, found = job.entry.weight_decay, result["history"]["curves"]
        tables.append(tidy_curves(job.name, found).assign(weight_decay=penalty, seed=job.seed))
        accuracies.setdefault(penalty, []).append(np.array([row["valid_accuracy"] for row in found]))
    rows = lambda_rows(accuracies, sweep, entry.epochs)
    write_table(curves, pd.concat(tables))
    write_table(table, pd.json_normalize(rows, sep="_"))
    write_metrics(metrics, {_name(row.pop("weight_decay")): row for row in rows})


def _name(penalty: float) -> str:
    """What metrics call a lambda: the parts of an address are divided by dots."""
    return f"lambda_{penalty:g}".replace(".", "_")


if __name__ == "__main__":
    run(main)
