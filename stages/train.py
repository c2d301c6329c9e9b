"""How accurate does a network get on all training images, and with which hyper-parameters?

Where the model's entry has a search, all its points are trained, and validation chooses. Writes the weights of the
best epoch by validation loss, the curves of that training, a table of all trainings, and their histories.
"""

import sys
from functools import partial
from pathlib import Path

from vision.data.dataset import Dataset
from vision.nets import save_net
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import tidy_curves, write_table
from vision.training.history import epoch_printer
from vision.training.jobs import Job, make_trainer, train_all, train_job
from vision.training.searches import SearchResult, histories, run_table, search


def main(params: Params, *, model: str, data: Path, weights: Path, history: Path, tables: Path) -> None:
    entry, dataset = params.network(model), Dataset.load(data / "train.npz")
    if entry.search.rounds:
        train = partial(train_all, data=data / "train.npz", device=params.device)
        result = search(entry, seed=params.seed, train_all=train)
    else:  # in this process, with all threads
        trainer, labels = partial(make_trainer, show_progress=True), {"round": 1, "new_seed": False}
        job = Job.of(model, entry, params.seed, labels=labels, trainer=trainer)
        trained = train_job(job, data=dataset, device=params.device, on_epoch=epoch_printer(entry.epochs))
        result = SearchResult(entry, jobs=[job], results=[trained])
    chosen = result.results[result.chosen]
    if chosen.training.diverged:
        print(f"{model}: {chosen.training}; try a smaller lr", file=sys.stderr)
    write_table(tables / "curves.csv", tidy_curves(model, chosen.training.curves))
    write_table(tables / "runs.csv", run_table(result))
    save_arrays(history, **histories(result))
    summary = chosen.training.history() | result.summary(dataset.splits["valid"])
    save_net(weights, chosen.job.net, chosen.hyper, chosen.weights, summary)


if __name__ == "__main__":
    run(main)
