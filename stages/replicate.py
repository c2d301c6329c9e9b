"""What are the results at a document's settings, and how much do they vary with the seed?

Trains the document's network at the document's settings once for each seed, which draws a validation part of the
published training images, and for each weight decay. Writes the weights, histories and curves of all runs.
"""

from pathlib import Path

from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.studies.replication.jobs import replication_jobs
from vision.training.jobs import curves_table, train_all


def main(params: Params, *, replication: str, data: Path, weights: Path, tables: Path) -> None:
    entry = params.replication(replication)
    runs = train_all(replication_jobs(entry), data=data / "train.npz", device=params.device)
    write_table(tables / "curves.csv", curves_table(runs, labelled=isinstance(entry.weight_decay, list)))
    save_checkpoint(weights, [trained.checkpoint() for trained in runs])


if __name__ == "__main__":
    run(main)
