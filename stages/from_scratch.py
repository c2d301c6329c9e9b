"""Is a network from scratch as accurate as scikit-learn's, and how do the activations compare?

Reads the training and validation images. Trains the same layers in NumPy and by scikit-learn, for each activation and
learning rate of the study. Writes the weights of every network, of its most accurate epoch on the validation images and
of the study's checkpoints, and their curves.
"""

from functools import partial
from pathlib import Path

import pandas as pd

from vision.nets import save_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import tidy_curves, write_table
from vision.pipeline.workers import parallel_map
from vision.studies.from_scratch.jobs import scratch_jobs
from vision.training.jobs import train_job


def main(params: Params, *, data: Path, weights: Path, tables: Path) -> None:
    jobs = scratch_jobs(params.from_scratch, params.seed)
    results = parallel_map(partial(train_job, data=data / "train.npz", device="cpu"), jobs)
    by_name = {trained.job.name: trained for trained in results}

    curves = []
    for name in params.from_scratch.runs:
        trained = by_name[name]
        history = trained.training.history() | {"checkpoints": trained.training.checkpoints}
        save_net(weights / f"{name}.pt", trained.job.net, trained.hyper, trained.weights, history)
        curves.append(tidy_curves(name, trained.training.curves))
    write_table(tables / "curves.csv", pd.concat(curves))


if __name__ == "__main__":
    run(main)
