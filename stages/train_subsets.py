"""How accurate is the ConvNet when trained on 1/16, 1/8, 1/4, 1/2 and all of the training images?

Writes the weights of every run (a fraction and a seed) and their curves. The subsets of one seed are nested, and each
has the classes in proportion. An epoch goes over a subset 1 / sqrt(fraction) times.
"""

from functools import partial
from pathlib import Path

from vision.data.dataset import Dataset
from vision.data.splitting import subset
from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import CONVNET, Params
from vision.pipeline.schema.models import Model
from vision.pipeline.tables import write_table
from vision.training.jobs import Job, curves_table, make_trainer, train_all


def main(params: Params, *, data: Path, weights: Path, tables: Path) -> None:
    model, longest_first = params.network(CONVNET), sorted(params.subsets.fractions, reverse=True)
    jobs = [subset_job(model, fraction, seed) for fraction in longest_first for seed in params.subsets.seeds]
    data /= "train.npz"
    jobs[-1].part(Dataset.load(data).splits["train"])  # refuses a subset that is too small before any training
    runs = train_all(jobs, data=data, device=params.device)
    write_table(tables / "curves.csv", curves_table(runs))
    save_checkpoint(weights, [trained.checkpoint() for trained in runs])


def subset_job(model: Model, fraction: float, seed: int) -> Job:
    """The training on a stratified subset, which is drawn with the same seed."""
    return Job.of(
        f"{fraction:g} of the training part, seed {seed}", model, seed, labels={"fraction": fraction},
        part=partial(subset, fraction=fraction, seed=seed),
        trainer=partial(make_trainer, passes=round(fraction**-0.5)),
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
