"""How accurate is the ConvNet when trained on 1/16, 1/8, 1/4, 1/2 and all of the training images?

Reads the training and validation images. Writes the weights of every run (a fraction and a seed) and their curves.
The subsets of one seed are nested, and each has the classes in proportion. An epoch goes over a small subset several
times, 1 / sqrt(fraction).
"""

from functools import partial
from pathlib import Path

import pandas as pd

from vision.data.dataset import Dataset
from vision.data.splitting import subset
from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import CONVNET, Params
from vision.pipeline.schema.models import Model
from vision.pipeline.tables import tidy_curves, write_table
from vision.pipeline.workers import parallel_map
from vision.training.jobs import Job, make_trainer, train_job


def main(params: Params, *, data: Path, weights: Path, tables: Path) -> None:
    model, longest_first = params.network(CONVNET), sorted(params.subsets.fractions, reverse=True)
    jobs = [subset_job(model, fraction, seed) for fraction in longest_first for seed in params.subsets.seeds]
    data /= "train.npz"
    jobs[-1].part(Dataset.load(data).splits["train"])  # refuses a subset that is too small before any training
    train = partial(train_job, data=data, device=params.device)
    runs = parallel_map(train, jobs, workers=None if params.device == "cpu" else 1)

    curves = [tidy_curves(job.name, trained.training.curves) for job, trained in zip(jobs, runs, strict=True)]
    write_table(tables / "curves.csv", pd.concat(curves))
    save_checkpoint(weights, [trained.checkpoint() for trained in runs])


def subset_job(model: Model, fraction: float, seed: int) -> Job:
    """The training on a stratified subset; the seed is that of the subset, too."""
    return Job.of(
        f"{fraction:g} of the training part, seed {seed}", model, seed, labels={"fraction": fraction},
        part=partial(subset, fraction=fraction, seed=seed),
        trainer=partial(make_trainer, passes=round(fraction**-0.5)),
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
