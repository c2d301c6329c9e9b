"""Do a document's settings give the numbers that the document reported?

Reads the weights of every run, the training and test images, and what the document reported. Writes the scores of each
run and over seeds; tables of the scores, of each class and of each epoch, compared with the reported ones. Of an entry
with several weight decays it reads the histories alone, and writes a row for each weight decay.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from vision.data.dataset import Dataset
from vision.evidence.documents import read_document
from vision.evidence.printed import Printed
from vision.pipeline.checkpoints import load_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.scores.estimate import write_scores
from vision.studies.replication.scores import (
    EPOCH_COLUMNS,
    class_rows,
    epoch_rows,
    evaluate_run,
    lambda_rows,
    named,
    score_rows,
)


def main(params: Params, *, replication: str, data: Path, weights: Path, document: Path, tables: Path) -> None:
    entry, saved = params.replication(replication), load_checkpoint(weights)
    if isinstance(entry.weight_decay, list):
        return _write_lambdas(lambda_rows(saved, entry), len(entry.seeds), tables)

    dataset = Dataset.load(data / "train.npz", data / "test.npz")
    runs = [evaluate_run(one, dataset, entry.valid_one_in, params.device) for one in saved]
    histories, rows = [one["history"] for one in saved], score_rows(runs)
    reported = Printed(read_document(document), replication, getattr(params.datasets, entry.role))
    write_table(
        tables / "reported.csv", [_insert(row, reported.scores.get((row["split"], row["measure"]))) for row in rows]
    )
    classes = class_rows(runs, dataset.class_names)
    write_table(tables / "misclassified.csv", [row | _reported_class(reported, row) for row in classes])
    epochs = epoch_rows([history["curves"] for history in histories])
    for row in epochs:
        row["reported"] = reported.epochs.get((row["epoch"], row["split"], row["measure"]))
    write_table(tables / "epochs.csv", pd.DataFrame(epochs, columns=EPOCH_COLUMNS))

    scores: dict[str, Any] = {"parameters": runs[0]["parameters"]}
    scores |= {"diverged": True} if any(history["diverged"] for history in histories) else {}
    for row in rows:
        scores.setdefault(row["split"], {}).update(named(row["measure"], row, len(runs)))
    scores["by_seed"] = {
        f"seed_{one['seed']}": {"kept_epoch": one["history"]["best_epoch"], **evaluated["scores"]}
        for one, evaluated in zip(saved, runs, strict=True)
    }
    write_scores(tables / "scores.csv", scores)


def _insert(row: dict[str, Any], reported: float | None) -> dict[str, Any]:
    """The row with the reported number before its own."""
    return {"split": row["split"], "measure": row["measure"], "reported": reported} | row


def _reported_class(reported: Printed, row: dict[str, Any]) -> dict[str, float | None]:
    """The reported number of images of a class, of misclassified ones, and their share."""
    wrong, images = reported.classes.get((row["split"], row["class"]), (None, None))
    share = wrong / images if images else None
    return {"reported_images": images, "reported_misclassified": wrong, "reported": share}


def _write_lambdas(rows: list[dict[str, Any]], n_seeds: int, tables: Path) -> None:
    """Write lambdas.csv, and the same numbers as scores."""
    write_table(tables / "lambdas.csv", rows)
    scores = {}
    for row in rows:
        names = [name.removesuffix("_mean") for name in row if name.endswith("_mean")]
        estimates = {} if names else {"diverged": True}
        for name in names:
            numbers = {ending: row[f"{name}_{ending}"] for ending in ("mean", "std", "low", "high")}
            estimates |= named(name, numbers, n_seeds)
        scores[f"lambda_{row['weight_decay']:g}".replace(".", "_")] = estimates  # dots divide the names of scores
    write_scores(tables / "scores.csv", scores)


if __name__ == "__main__":
    run(main)
