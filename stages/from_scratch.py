"""Is a network from scratch as accurate as scikit-learn's, and how do the activations compare?

Trains the same layers in NumPy and by scikit-learn, for each activation and learning rate of the study. Writes the
weights of each network's most accurate epoch on the validation images and of the study's checkpoints, and the curves.
"""

from pathlib import Path

from vision.nets import save_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.studies.from_scratch.jobs import scratch_jobs
from vision.training.jobs import curves_table, train_all


def main(params: Params, *, data: Path, weights: Path, tables: Path) -> None:
    jobs = scratch_jobs(params.from_scratch, params.seed)
    by_name = {trained.job.name: trained for trained in train_all(jobs, data=data / "train.npz", device="cpu")}
    networks = [by_name[name] for name in params.from_scratch.runs]
    for trained in networks:
        history = trained.training.history() | {"checkpoints": trained.training.checkpoints}
        save_net(weights / f"{trained.job.name}.pt", trained.job.net, trained.hyper, trained.weights, history)
    write_table(tables / "curves.csv", curves_table(networks))


if __name__ == "__main__":
    run(main)
