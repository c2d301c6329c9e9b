"""How good does the ConvNet get on 1/16, 1/8, 1/4, 1/2 and all of the training images?

Reads the training and validation images. Writes the weights of every run (a fraction and a seed) and their curves.
For one seed the subsets are nested, and each holds the classes in proportion. Rows C3 to C5.
"""

from functools import partial
from pathlib import Path

import pandas as pd

from vision.data.dataset import Dataset
from vision.data.splitting import subset
from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import CONVNET, Params
from vision.pipeline.tables import tidy_curves, write_table
from vision.pipeline.workers import run_all
from vision.studies.subsets import SubsetRun, train_subset


def main(params: Params, *, data: Path, weights: Path, curves: Path) -> None:
    longest_first = sorted(params.subsets.fractions, reverse=True)
    jobs = [SubsetRun(fraction, seed) for fraction in longest_first for seed in params.subsets.seeds]
    # Refuses a part that is too small now, and not when all longer runs have trained.
    subset(Dataset.load(data).splits["train"], jobs[-1].fraction, jobs[-1].seed)
    train = partial(train_subset, data=data, model=params.network(CONVNET), device=params.device)
    runs = run_all(train, jobs, workers=None if params.device == "cpu" else 1)

    tables = [tidy_curves(job.name, result["history"]["curves"]) for job, result in zip(jobs, runs, strict=True)]
    write_table(curves, pd.concat(tables))
    save_checkpoint(weights, runs)


if __name__ == "__main__":
    run(main)
