"""How accurate is the ConvNet when trained on 1/16, 1/8, 1/4, 1/2 and all of the training images?

Writes the weights of every run (a fraction and a seed) and their curves. The subsets of one seed are nested, and each
has the classes in proportion. An epoch goes over a subset 1 / sqrt(fraction) times. The run on all images at the seed
of params.yaml is that of the headline ConvNet, which is not trained again.
"""

from dataclasses import fields
from functools import partial
from pathlib import Path

from vision.data.dataset import Dataset
from vision.data.splitting import subset
from vision.nets import SavedNet, load_net
from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import CONVNET, Params
from vision.pipeline.schema.models import Model
from vision.pipeline.tables import write_table
from vision.training.history import Training
from vision.training.jobs import Job, Trained, curves_table, make_trainer, train_all


def main(params: Params, *, data: Path, headline: Path, weights: Path, tables: Path) -> None:
    model, longest_first = params.network(CONVNET), sorted(params.subsets.fractions, reverse=True)
    jobs = [subset_job(model, fraction, seed) for fraction in longest_first for seed in params.subsets.seeds]
    data /= "train.npz"
    jobs[-1].part(Dataset.load(data).splits["train"])  # refuses a subset that is too small before any training
    known = [job for job in jobs if (job.labels["fraction"], job.seed) == (1, params.seed)]
    runs = [_trained(job, load_net(headline)) for job in known]
    runs += train_all([job for job in jobs if job not in known], data=data, device=params.device)
    write_table(tables / "curves.csv", curves_table(runs))
    save_checkpoint(weights, [trained.checkpoint() for trained in runs])


def _trained(job: Job, saved: SavedNet) -> Trained:
    """A network that another stage has trained, as the result of a job."""
    weights = {name: value.cpu() for name, value in saved.net.state_dict().items()}
    names = [one.name for one in fields(Training)]
    training = Training(**{name: value for name, value in saved.history.items() if name in names})
    return Trained(job, saved.hyper, weights, training)


def subset_job(model: Model, fraction: float, seed: int) -> Job:
    """The training on a stratified subset, which is drawn with the same seed."""
    return Job.of(
        f"{fraction:g} of the training part, seed {seed}", model, seed, labels={"fraction": fraction},
        part=partial(subset, fraction=fraction, seed=seed),
        trainer=partial(make_trainer, passes=round(fraction**-0.5)),
    )  # fmt: skip


if __name__ == "__main__":
    run(main)
