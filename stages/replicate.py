"""What are the results at a document's settings, and how much do they vary with the seed?

Reads the published training images, of which each seed draws a validation part. Trains the document's network at the
document's settings once for each seed, and, where the entry has several, for each weight decay. Writes the weights and
histories of all runs, and their curves.
"""

from functools import partial
from pathlib import Path

import pandas as pd

from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import tidy_curves, write_table
from vision.pipeline.workers import parallel_map
from vision.studies.replication.jobs import replication_jobs
from vision.training.jobs import train_job


def main(params: Params, *, replication: str, data: Path, weights: Path, tables: Path) -> None:
    entry = params.replication(replication)
    jobs = replication_jobs(entry)
    train = partial(train_job, data=data / "train.npz", device=params.device)
    runs = parallel_map(train, jobs, workers=None if params.device == "cpu" else 1)

    curves = [tidy_curves(job.name, trained.training.curves) for job, trained in zip(jobs, runs, strict=True)]
    if isinstance(entry.weight_decay, list):
        curves = [rows.assign(**job.labels, seed=job.seed) for job, rows in zip(jobs, curves, strict=True)]
    write_table(tables / "curves.csv", pd.concat(curves))
    save_checkpoint(weights, [trained.checkpoint() for trained in runs])


if __name__ == "__main__":
    run(main)
