"""What the report shows of replications: what a document printed, what its settings give, what our own recipes give."""

from pathlib import Path
from typing import Any

from vision.evidence.documents import Document, printed_table
from vision.pipeline.schema import Params
from vision.pipeline.schema.replications import Replication
from vision.pipeline.tables import Metrics, read_metrics, read_records, read_table
from vision.scores.intervals import over_seeds

Rows = list[dict[str, Any]]


def shown(
    params: Params, document: Document, *, metrics: Path, models: Path, convnet: Path, replications: Path, sweep: Path
) -> dict[str, Any]:
    """All that the report's section shows, by name: scores, classes, epochs, subsets and lambdas.

    Args:
        document: 000, whose table C4 is shown
        metrics: the folder of the models' metrics
        models, convnet, replications, sweep: folders of tables; those of models and replications hold one for each name
    """
    entries = params.replications
    return {
        "scores": score_rows(params, replications, metrics),
        "classes": {name: class_rows(name, entry, replications, models) for name, entry in entries.items()},
        "epochs": {name: epoch_rows(name, replications) for name in entries},
        "subsets": subset_rows(convnet / "subsets.csv", document, params.datasets.handwriting),
        "lambdas": read_records(sweep / "lambdas.csv"),
    }


def score_rows(params: Params, replications: Path, metrics: Path) -> Rows:
    """One row per printed score, and per score of the test images: printed, ours over seeds, our own recipes'.

    Args:
        replications: the folder of their tables, by name
        metrics: the folder of the models' metrics

    Returns:
        rows of name, document, split, measure, printed (or None), what vision.studies.replication.scores.spread gives, inside
        (whether the printed number lies where one more run would) and beside (title, value, low, high of each recipe)
    """
    rows = []
    for name, entry in params.replications.items():
        own = {model: read_metrics(metrics / f"{model}.json") for model in entry.beside}
        for row in read_records(replications / name / "scores.csv"):
            if row["printed"] is None and row["split"] != "test":
                continue
            beside = [_beside(params.title(model), own[model][row["split"]], row["measure"]) for model in own]
            rows.append({"name": name, "document": entry.document, **row, "inside": _inside(row), "beside": beside})
    return rows


def _beside(title: str, scores: Metrics, measure: str) -> dict[str, Any]:
    value, low, high = (scores[f"{measure}{end}"] for end in ("", "_low", "_high"))
    return {"title": title, "value": value, "low": low, "high": high}


def _inside(row: dict[str, Any]) -> bool | None:
    """Whether the printed number lies where one more run would; None if there is none."""
    return None if row["printed"] is None else row["another_low"] <= row["printed"] <= row["another_high"]


def class_rows(name: str, entry: Replication, replications: Path, models: Path) -> Rows:
    """One row per class in the order of the test images' table (rows L8, L17): class, and train and test.

    Of each split images, misclassified, printed and spread of the share, and `own`, that of the last recipe beside it.
    """
    own = {(row["class"], row["split"]): row for row in read_records(models / entry.beside[-1] / "misclassified.csv")}
    rows = {}
    for row in sorted(
        read_records(replications / name / "misclassified.csv"), key=lambda row: row["split"]
    ):  # test first
        found = rows.setdefault(row["class"], {"class": row["class"]})
        found[row["split"]] = row | {"inside": _inside(row), "own": own[row["class"], row["split"]]}
    return list(rows.values())


def epoch_rows(name: str, replications: Path) -> Rows:
    """One row per epoch (row P9): epoch, and by split and measure, as in `train_loss`, printed and spread."""
    rows = {}
    for row in read_records(replications / name / "epochs.csv"):
        found = rows.setdefault(row["epoch"], {"epoch": row["epoch"]})
        found[f"{row['split']}_{row['measure']}"] = row | {"inside": _inside(row)}
    return list(rows.values())


def subset_rows(runs: Path, document: Document, dataset: str) -> Rows:
    """One row per fraction of the training images (row C4), train columns among them: printed, and ours over seeds.

    The document's train columns cannot be of the images trained on, for they are shares of 60,000 (bug B0.5). Of all
    training images, most of them not trained on, ours are taken to be `fraction` times the subset's score and the rest
    times the validation images', which are no more trained on than the others left out; the epoch is chosen by them.

    Returns:
        rows of fraction, images, printed (a row of C4, or None), and the spreads subset_loss, subset_accuracy,
        all_loss, all_accuracy, test_loss and test_accuracy
    """
    same = document["dataset"] == dataset
    printed = {row["fraction"]: row for row in printed_table(document, "subsets")} if same else {}
    table, rows = read_table(runs), []
    for (fraction, images), group in table.groupby(["fraction", "images"]):
        spreads = {}
        for measure in ("loss", "accuracy"):
            subset, unseen = group[f"subset_{measure}"], group[f"valid_{measure}"]
            columns = {"subset": subset, "all": fraction * subset + (1 - fraction) * unseen}
            columns["test"] = group[f"test_{measure}"]
            spreads |= {f"{part}_{measure}": over_seeds(values.to_numpy()) for part, values in columns.items()}
        rows.append({"fraction": fraction, "images": images, "printed": printed.get(fraction), **spreads})
    return rows
