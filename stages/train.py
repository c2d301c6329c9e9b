"""How good does a network get on all training images, and with which hyper-parameters?

Reads the training and validation images. Where the model's entry in params.yaml has a search, every run of it is
trained and validation chooses. Writes the weights of the best epoch by validation loss, the curves of that training,
a table of all runs, and their histories. Rows C2, L3 to L6, L11 to L14, P9.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from vision.data.dataset import Dataset
from vision.nets import save_net
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import tidy_curves, write_table
from vision.training.leads import widen_leads
from vision.training.runs import train_model
from vision.training.search_tables import histories, run_table
from vision.training.searches import Run, SearchResult, search, train_run


def main(params: Params, *, model: str, data: Path, weights: Path, curves: Path, runs: Path, history: Path) -> None:
    entry = params.network(model)
    if entry.search.rounds:
        train = partial(train_run, data=data, device=params.device)
        workers = None if params.device == "cpu" else 1
        found = search(entry, seed=params.seed, train=train, workers=workers)
        widen_leads(found, Dataset.load(data).splits["valid"], entry.search.score_epochs)
    else:  # alone, it has all threads
        options = {"device": params.device, "on_epoch": _epoch_printer()}
        trained = train_model(entry, Dataset.load(data), seed=params.seed, **options)
        found = SearchResult(entry, [Run(1, False, params.seed, {}, entry)], [trained])
    chosen = found.results[found.chosen]
    training = chosen.training
    if training.diverged:
        print(f"{model} diverged after epoch {len(training.curves)}; try a smaller lr", file=sys.stderr)
    write_table(curves, tidy_curves(model, training.curves))
    write_table(runs, run_table(found, entry.search.score_epochs))
    save_arrays(history, **histories(found))
    summary = {"curves": training.curves, "best_epoch": training.best_epoch, "diverged": training.diverged}
    save_net(weights, found.model.net, chosen.hyper, chosen.weights, summary | found.summary())


def _epoch_printer() -> Callable[[dict[str, float]], None]:
    """What prints a line for each epoch, with the seconds since the last one."""
    before = time.perf_counter()

    def print_epoch(row: dict[str, float]) -> None:
        nonlocal before
        seconds, before = time.perf_counter() - before, time.perf_counter()
        print(
            f"epoch {row['epoch']:3}: train loss {row['augmented_train_loss']:.4f} (augmented), "
            f"valid loss {row['valid_loss']:.4f}, valid accuracy {row['valid_accuracy']:.2%}, {seconds:.1f} s",
            flush=True,
        )

    return print_epoch


if __name__ == "__main__":
    run(main)
