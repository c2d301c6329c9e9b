"""Do a document's settings give the numbers that the document reported?

Writes the scores of each run and over seeds; tables of the scores, of each class and of each epoch, with the reported
ones. Of an entry with several weight decays it writes a row for each, of the histories alone.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from vision.data.dataset import Dataset
from vision.evidence.documents import Reported, read_document
from vision.pipeline.checkpoints import load_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.estimate import write_scores
from vision.studies.replication import scores as of_runs


def main(params: Params, *, replication: str, data: Path, weights: Path, document: Path, tables: Path) -> None:
    entry, saved = params.replication(replication), load_checkpoint(weights)
    if isinstance(entry.weight_decay, list):
        return _write_lambdas(of_runs.lambda_scores(saved, entry), len(entry.seeds), tables)

    dataset = Dataset.load(data / "train.npz", data / "test.npz")
    runs = [of_runs.evaluate_run(one, dataset, entry.valid_one_in, params.device) for one in saved]
    histories, rows = [one["history"] for one in saved], of_runs.score_rows(runs)
    scores: dict[str, Any] = {"parameters": runs[0]["parameters"]}
    scores |= {"diverged": True} if any(history["diverged"] for history in histories) else {}
    for row in rows:
        scores.setdefault(row["split"], {}).update(of_runs.named(row["measure"], row, len(runs)))
    scores["by_seed"] = {
        f"seed_{one['seed']}": {"kept_epoch": one["history"]["best_epoch"], **evaluated["scores"]}
        for one, evaluated in zip(saved, runs, strict=True)
    }
    write_scores(tables / "scores.csv", scores)

    reported = Reported(read_document(document), replication, getattr(params.datasets, entry.role))
    for row in rows:
        row["reported"] = reported.scores.get((row["split"], row["measure"]))
    write_table(tables / "reported.csv", pd.DataFrame(rows, columns=of_runs.SCORE_COLUMNS))
    classes = of_runs.class_rows(runs, dataset.class_names)
    write_table(tables / "misclassified.csv", [row | _reported_class(reported, row) for row in classes])
    epochs = of_runs.epoch_rows([history["curves"] for history in histories])
    for row in epochs:
        row["reported"] = reported.epochs.get((row["epoch"], row["split"], row["measure"]))
    write_table(tables / "epochs.csv", pd.DataFrame(epochs, columns=["epoch", *of_runs.SCORE_COLUMNS]))


def _reported_class(reported: Reported, row: dict[str, Any]) -> dict[str, float | None]:
    wrong, images = reported.classes.get((row["split"], row["class"]), (None, None))
    share = wrong / images if images else None
    return {"reported_images": images, "reported_misclassified": wrong, "reported": share}


def _write_lambdas(by_lambda: dict[float, dict[str, Any]], n_seeds: int, tables: Path) -> None:
    rows = [{"weight_decay": decay, **numbers} for decay, numbers in by_lambda.items()]
    write_table(tables / "lambdas.csv", pd.json_normalize(rows, sep="_"))
    scores: dict[str, Any] = {}
    for decay, numbers in by_lambda.items():
        section = scores[f"lambda_{decay:g}".replace(".", "_")] = {}  # dots divide the names of scores
        for name, row in numbers.items():
            section |= {name: row} if name == "diverged" else of_runs.named(name, row, n_seeds)
    write_scores(tables / "scores.csv", scores)


if __name__ == "__main__":
    run(main)
