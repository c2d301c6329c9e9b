"""What the report's chapter on document 004 shows: networks from scratch beside scikit-learn's, and cross-entropy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from vision.evidence.documents import Document
from vision.evidence.entropy import examples, minimisers
from vision.pipeline.schema import Params
from vision.pipeline.tables import Metrics, read_metrics, read_records

Rows = list[dict[str, Any]]
Title = Callable[[str], str]


def chapter(params: Params, document: Document, *, metrics: Path, from_scratch: Path) -> dict[str, Any]:
    """All that the chapter shows, by name.

    Args:
        document: 004, whose numbers stand beside ours where the images are of its dataset
        metrics: the folder of metrics
        from_scratch: the folder of tables and figures
    """
    networks = network_rows(from_scratch / "accuracies.csv", read_metrics(metrics / "from_scratch.json"), params.title)
    return {
        "own": params.datasets.fashion == document["dataset"],
        "networks": networks,
        "kept": list(dict.fromkeys(name for row in networks for name in row["kept"])),
        "pairs": pair_rows(from_scratch / "pairs.csv", params.title),
        "examples": examples(),
        "minimisers": minimisers(),
    }


def network_rows(accuracies: Path, studied: Metrics, title: Title) -> Rows:
    """One row per network: model, name, lr, diverged, finite_epochs, and kept.

    `kept` has the row of each checkpoint by its name, among them `printed`, what document 004 printed of it, or None;
    a checkpoint that a run which diverged never reached is not there.
    """
    kept: dict[str, dict[str, Any]] = {model: {} for model in studied}
    for row in read_records(accuracies):
        kept[row["model"]][row["kept"]] = row
    told = ("lr", "diverged", "finite_epochs")
    return [
        {"model": model, "name": title(model), "kept": kept[model]} | {name: run[name] for name in told}
        for model, run in studied.items()
    ]


def pair_rows(pairs: Path, title: Title) -> Rows:
    """The paired differences, first less second, with the names that the table has."""
    return [row | {side: title(row[side]) for side in ("first", "second")} for row in read_records(pairs)]
