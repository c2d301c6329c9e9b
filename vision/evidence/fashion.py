"""What the report's chapter on document 004 shows: networks from scratch, VGG-16, what it sees, and cross-entropy."""

from pathlib import Path
from typing import Any

from vision.evidence.documents import Document, printed_table
from vision.evidence.entropy import examples, minimisers
from vision.pipeline.schema import Params
from vision.pipeline.tables import Metrics, read_metrics, read_records

Rows = list[dict[str, Any]]
MODELS = ("vgg16", "vgg16_frozen")


def chapter(params: Params, document: Document, *, metrics: Path, from_scratch: Path, vgg16: Path) -> dict[str, Any]:
    """All that the chapter shows, by name.

    Args:
        document: 004, whose numbers stand beside ours where the images are of its dataset
        metrics: the folder of metrics
        from_scratch, vgg16: folders of tables and figures
    """
    networks = network_rows(from_scratch / "accuracies.csv", read_metrics(metrics / "from_scratch.json"))
    own = params.datasets.fashion == document["dataset"]
    return {
        "networks": networks,
        "kept": list(dict.fromkeys(name for row in networks for name in row["kept"])),
        "pairs": pair_rows(from_scratch / "pairs.csv", {row["model"]: row["name"] for row in networks}),
        "scores": {name: read_metrics(metrics / f"{name}.json") for name in MODELS},
        "average": printed_table(document, "vgg16_average")[0]["accuracy"] if own else None,
        "classes": class_rows(vgg16 / "one_vs_rest.csv"),
        "weights": params.trunks["vgg16"].weights,
        "pretrained": params.trunks["vgg16"].pretrained,
        "strangers": plain_table(vgg16 / "strangers.csv"),
        "sanity": plain_table(vgg16 / "sanity.csv"),
        "examples": examples(),
        "minimisers": minimisers(),
    }


def network_rows(accuracies: Path, studied: Metrics) -> Rows:
    """One row per network from scratch and of scikit-learn: model, name, lr, diverged, finite_epochs, and kept.

    `kept` has the row of each checkpoint by its name, among them `printed`, what document 004 printed of it, or None;
    a checkpoint that a run which diverged never reached is not there.
    """
    rows = {}
    for row in read_records(accuracies):
        found = rows.setdefault(
            row["model"], {"name": _name(row["model"], row["trainer"], row["activation"]), "kept": {}}
        )
        found["kept"][row["kept"]] = row
    for model, run in studied.items():
        if model not in rows and run["diverged"]:  # before its first epoch was over
            trainer, activation, *_ = model.split("_")
            rows[model] = {"name": _name(model, trainer, activation), "kept": {}}
    told = ("lr", "diverged", "finite_epochs")
    return [{"model": model, **row} | {name: studied[model][name] for name in told} for model, row in rows.items()]


def _name(model: str, trainer: str, activation: str) -> str:
    """What the table calls a network: whose it is, its activation, and at whose settings."""
    name = "scikit-learn" if trainer.startswith("sklearn") else "NumPy"
    return f"{name}, {activation.replace('relu', 'ReLU')}" + (", its defaults" if model.endswith("_defaults") else "")


def pair_rows(pairs: Path, names: dict[str, str]) -> Rows:
    """The paired differences, first less second, with the names that the table has; a checkpoint's rows together."""
    rows = read_records(pairs)
    return [row | {side: names.get(row[side], row[side]) for side in ("first", "second")} for row in rows]


def class_rows(table: Path) -> Rows:
    """One row per class (rows F12, F13): class, printed_accuracy or None, and the row of each of MODELS by its name."""
    rows = {}
    for row in read_records(table):
        own = rows.setdefault(row["class"], {"class": row["class"], "printed": row.get("printed_accuracy")})
        own[row["model"]] = row
    return list(rows.values())


def plain_table(path: Path) -> dict[str, list]:
    """Any table as `columns` and `rows` of text; a number that has `_low` and `_high` beside it takes them in."""
    records = read_records(path)
    names = list(records[0]) if records else []
    bounds = {f"{name}{end}" for name in names for end in ("_low", "_high") if f"{name}_low" in names}
    shown = [name for name in names if name not in bounds]
    return {"columns": shown, "rows": [[_cell(record, name) for name in shown] for record in records]}


def _cell(record: dict[str, Any], name: str) -> str:
    if record.get(f"{name}_low") is not None:
        return "{:.4g} ({:.4g} to {:.4g})".format(*(record[f"{name}{end}"] for end in ("", "_low", "_high")))
    value = record[name]
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
