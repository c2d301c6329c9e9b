"""What do the settings of a document give, and how much of that is chance?

Reads the published training images, of which each seed draws its own validation part. Trains the document's network at
the document's settings once for each seed. Writes the weights of every run and their curves. Rows L3, L6, L14, P9.
"""

from functools import partial
from pathlib import Path

import pandas as pd

from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import tidy_curves, write_table
from vision.pipeline.workers import run_all
from vision.studies.replication.runs import ReplicationRun, train_replication


def main(params: Params, *, replication: str, data: Path, weights: Path, curves: Path) -> None:
    entry = params.replication(replication)
    jobs = [ReplicationRun(entry, seed) for seed in entry.seeds]
    train = partial(train_replication, data=data, device=params.device)
    runs = run_all(train, jobs, workers=None if params.device == "cpu" else 1)

    tables = [tidy_curves(f"seed {found['seed']}", found["history"]["curves"]) for found in runs]
    write_table(curves, pd.concat(tables))
    save_checkpoint(weights, runs)


if __name__ == "__main__":
    run(main)
