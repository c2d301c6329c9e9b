"""What the report's chapter on document 004 shows: networks from scratch, VGG-16, what it sees, and cross-entropy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from vision.evidence.documents import Document, printed_table
from vision.evidence.entropy import examples, minimisers
from vision.pipeline.schema import Params
from vision.pipeline.tables import Metrics, read_metrics, read_records

Rows = list[dict[str, Any]]
Title = Callable[[str], str]
VGG16 = ("vgg16", "vgg16_frozen")


def chapter(params: Params, document: Document, *, metrics: Path, from_scratch: Path, vgg16: Path) -> dict[str, Any]:
    """All that the chapter shows, by name.

    Args:
        document: 004, whose numbers stand beside ours where the images are of its dataset
        metrics: the folder of metrics
        from_scratch, vgg16: folders of tables and figures
    """
    networks = network_rows(from_scratch / "accuracies.csv", read_metrics(metrics / "from_scratch.json"), params.title)
    return {
        "own": params.datasets.fashion == document["dataset"],
        "average": printed_table(document, "vgg16_average")[0]["accuracy"],
        "networks": networks,
        "kept": list(dict.fromkeys(name for row in networks for name in row["kept"])),
        "pairs": pair_rows(from_scratch / "pairs.csv", params.title),
        "scores": {name: read_metrics(metrics / f"{name}.json") for name in VGG16},
        "classes": class_rows(vgg16 / "one_vs_rest.csv"),
        "backbone": params.backbones["vgg16"],
        "strangers": plain_table(read_records(vgg16 / "strangers.csv")),
        "sanity": plain_table(_means(read_metrics(metrics / "explanations.json"))),
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


def class_rows(table: Path) -> Rows:
    """One row per class (rows F12, F13): class, printed or None, and the table's row of each of VGG16 by its name."""
    rows: dict[str, dict[str, Any]] = {}
    for row in read_records(table):
        own = rows.setdefault(row["class"], {"class": row["class"], "printed": row.get("printed_accuracy")})
        own[row["model"]] = row
    return list(rows.values())


def _means(explanations: Metrics) -> Rows:
    """How alike explanations are, on average: one row for each method and what it is compared with."""
    return [
        {"method": method, "against": against, **found}
        for method, compared in explanations["sanity"].items()
        for against, found in compared.items()
    ]


def plain_table(records: Rows) -> dict[str, list]:
    """Any records as `columns` and `rows` of text; a number that has `_low` and `_high` beside it takes them in."""
    names = list(records[0]) if records else []
    bounds = {f"{name}{end}" for name in names if f"{name}_low" in names for end in ("_low", "_high")}
    shown = [name for name in names if name not in bounds]
    return {"columns": shown, "rows": [[_cell(record, name) for name in shown] for record in records]}


def _cell(record: dict[str, Any], name: str) -> str:
    if record.get(f"{name}_low") is not None:
        return "{:.4g} ({:.4g} to {:.4g})".format(*(record[f"{name}{end}"] for end in ("", "_low", "_high")))
    value = record.get(name)
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
