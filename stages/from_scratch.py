"""Is a network from scratch as good as scikit-learn's, and how do the activations compare?

Reads the training and validation images. Trains the same layers in NumPy and by scikit-learn, for each activation and
learning rate of the study. Writes the weights of every network, of its most accurate epoch on the validation images and
of the study's checkpoints, and their curves. Rows F2 to F7, bugs B4.3 to B4.5.
"""

from functools import partial
from pathlib import Path

import pandas as pd

from vision.nets import save_net
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.schema.from_scratch import TRAINERS
from vision.pipeline.tables import tidy_curves, write_table
from vision.pipeline.workers import run_all
from vision.studies.from_scratch.runs import Job, train_from_scratch


def main(params: Params, *, data: Path, weights: Path, curves: Path) -> None:
    study = params.from_scratch
    jobs = [Job(name, entry, study) for name, entry in study.runs.items()]
    jobs.sort(key=lambda job: TRAINERS.index(job.run.trainer), reverse=True)  # the slowest first
    found = run_all(partial(train_from_scratch, data=data, seed=params.seed), jobs)
    by_name = {one["name"]: one for one in found}

    tables = []
    for name, entry in study.runs.items():
        one = by_name[name]
        save_net(weights / f"{name}.pt", entry.net, one["hyper"], one["weights"], one["history"])
        rows = pd.DataFrame(one["history"]["curves"])
        if entry.trainer != "numpy":  # scikit-learn does not count what it gets right on the way
            rows = rows.drop(columns="augmented_train_accuracy", errors="ignore")
        tables.append(tidy_curves(name, rows.to_dict("records")))
    write_table(curves, pd.concat(tables))


if __name__ == "__main__":
    run(main)
