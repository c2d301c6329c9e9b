"""What was found, on one page?

Reads the metrics, tables and figures of all studies. Writes one HTML file that needs no network and no other file.
Rows C4, C12, F5, F6, F12, F18, H18, L5, L7, L8, L16, L17, P9.
"""

import base64
from collections import Counter
from functools import partial
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from vision.evidence.documents import DOCUMENTS, Document, accuracies, printed_table, read_accuracies, read_document
from vision.evidence.fashion import chapter
from vision.evidence.replicated import shown
from vision.pipeline.files import atomic_write
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import Metrics, read_metrics, read_records, read_table

SHOWN = (
    "handwriting", "convnet", "convnet_subsets", "convnet_tsne", "convnet_neighbours", "softmax", "tanh_mlp",
    "relu_mlp_representations", "comparison_handwriting", "comparison_fashion", "comparison_colour", "panel",
    "resnet18", "resnet18_document",
)  # fmt: skip


def main(
    params: Params,
    *,
    documents: Path,
    metrics: Path,
    models: Path,
    comparison: Path,
    convnet: Path,
    relu_mlp: Path,
    searches: Path,
    resnet18: Path,
    spaces: Path,
    panel: Path,
    from_scratch: Path,
    vgg16: Path,
    replications: Path,
    replicated_sweep: Path,
    statements: Path,
    errors: Path,
    report: Path,
) -> None:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"interval": _interval, "percent": _percent, "words": lambda name: name.replace("_", " ")}
    environment.filters |= {"anchor": _anchor}
    environment.globals |= {"figure": partial(_figure, set()), "title": params.title}
    found = {name: read_metrics(metrics / f"{name}.json") for name in SHOWN}
    reported = {name: read_document(documents / f"{name}.yaml") for name in DOCUMENTS}
    comparisons = {
        role: _comparison(comparison / role, found[f"comparison_{role}"], getattr(params.datasets, role))
        for role, _ in params.compared
    }
    folders = {"metrics": metrics, "models": models, "convnet": convnet}
    judged = {name: read_records(statements / f"{name}.csv") for name in DOCUMENTS if "statements" in reported[name]}
    page = environment.get_template("report.html.jinja").render(
        recipe=params.recipe,
        seed=params.seed,
        seeds=params.subsets.seeds,
        near=params.tsne.quality_neighbours,
        versions={name: version(name).split("+")[0] for name in ("torch", "scikit-learn", "numpy")},
        metrics=found,
        comparisons=comparisons,
        printed=accuracies(read_accuracies(documents / "accuracies.yaml")["printed"], reported["000"]["dataset"]),
        classes=read_records(models / "convnet" / "classes.csv"),
        sizes=_sizes(
            found["convnet_subsets"]["sizes"], convnet / "subsets.csv", _document_sizes(params, reported["000"])
        ),
        rounds=[row for name in ("softmax", "tanh_mlp") for row in _rounds(name, params, models, found[name])],
        mistakes={
            role: {row["model"]: _mistakes(models / row["model"] / "misclassified.csv") for row in compared["models"]}
            for role, compared in comparisons.items()
        },
        statements={name: {"title": reported[name]["title"], "rows": rows} for name, rows in judged.items()},
        tally=Counter(row["verdict"] for rows in judged.values() for row in rows),
        errors=read_records(errors / "errors.csv"),
        backbone=params.backbones["resnet18"].weights,
        epochs=_epochs(params, models / "resnet18_document" / "curves.csv", reported["002"]),
        spaces={name: read_metrics(metrics / "spaces" / f"{name}.json") for name in params.spaces.of},
        panel=read_records(panel / "accuracy.csv"),
        losses=read_records(panel / "losses.csv"),
        fashion=chapter(params, reported["004"], metrics=metrics, from_scratch=from_scratch, vgg16=vgg16),
        replicated=shown(params, reported["000"], **folders, replications=replications, sweep=replicated_sweep),
        entries=params.replications,
        sweep=params.replicated_sweep,
        folders={
            "models": models,
            "convnet": convnet,
            "relu_mlp": relu_mlp,
            "searches": searches,
            "resnet18": resnet18,
            "spaces": spaces,
            "panel": panel,
            "from_scratch": from_scratch,
            "vgg16": vgg16,
            "documents": errors,
            "sweep": replicated_sweep,
        },
    )
    with atomic_write(report) as temporary:
        temporary.write_text(page, encoding="utf-8")


def _comparison(folder: Path, shared: Metrics, dataset: str) -> Metrics:
    """The comparison of one role: its dataset, its models, best first, what all get right or wrong, its figures."""
    models = sorted(read_records(folder / "models.csv"), key=lambda row: -row["accuracy"])
    return {"dataset": dataset, "models": models, "shared": shared, "folder": folder}


def _document_sizes(params: Params, document: Document) -> dict[float, tuple[float, float]]:
    """Test loss and accuracy by fraction of the training images, as document 000 printed them for its dataset (C4)."""
    if params.datasets.handwriting != document["dataset"]:
        return {}
    rows = printed_table(document, "subsets")
    return {row["fraction"]: (row["test_loss"], row["test_accuracy"]) for row in rows}


def _anchor(path: str) -> str:
    """What links call the place of a figure, or of a model, that has this path in plots/."""
    return path.removesuffix(".png").replace("/", "-")


def _figure(drawn: set[Path], path: Path, caption: str) -> Markup:
    """A figure of the page, its picture within; links lead to where it is drawn first."""
    picture = base64.b64encode(path.read_bytes()).decode()
    image = Markup('<img src="data:image/png;base64,{}" alt="{}">').format(picture, caption)
    place = Markup("") if path in drawn else Markup(' id="{}"').format(_anchor("/".join(path.parts[1:])))
    drawn.add(path)
    return Markup("<figure{}>{}<figcaption>{}</figcaption></figure>").format(place, image, caption)


def _rounds(name: str, params: Params, models: Path, scores: Metrics) -> list[Metrics]:
    """One row per round of a model's search: its model, number, runs, the winner's values and its lead."""
    table, rows = read_table(models / name / "runs.csv"), []
    searched = dict.fromkeys(value for grid in params.models[name].search.rounds for value in grid)
    for number, tried in table.groupby("round"):
        winner = tried[tried.winner].iloc[0]
        chosen = ", ".join(f"{value.replace('_', ' ')} {winner[value]}" for value in searched)
        row = {"model": name, "round": number, "runs": len(tried), "chosen": chosen}
        rows.append(row | {"lead": scores["search"].get(f"lead_of_round_{number}")})
    return rows


def _mistakes(path: Path) -> list[Metrics]:
    """One row per class: its name, and images, misclassified and share of train and of test."""
    rows = {}
    for record in read_records(path):
        rows.setdefault(record["class"], {"class": record["class"]})[record["split"]] = record
    return list(rows.values())


def _sizes(sizes: Metrics, runs: Path, document: dict[float, tuple[float, float]]) -> list[Metrics]:
    """One row per training-set size, with the document's test loss and accuracy where it has that fraction."""
    rows = []
    for images, fraction in read_table(runs).groupby("images").fraction.first().items():
        loss, accuracy = document.get(fraction, (None, None))
        row = {"images": images, "fraction": fraction, "document_loss": loss, "document_accuracy": accuracy}
        rows.append(row | sizes[f"images_{images}"])
    return rows


def _epochs(params: Params, curves: Path, document: Document) -> list[Metrics]:
    """One row per epoch of the fine-tuning, beside what document 002 printed of it on its images (H5, H6)."""
    wide = read_table(curves).assign(name=lambda rows: rows.split + "_" + rows.measure)
    rows = wide.pivot(index="epoch", columns="name", values="value").reset_index().to_dict("records")
    printed = []
    if params.datasets.handwriting == document["dataset"]:
        printed = [row for name in ("body_frozen", "whole_network") for row in printed_table(document, name)]
    known = len(printed) == len(rows)
    return [{**row, "printed": printed[place] if known else None} for place, row in enumerate(rows)]


def _interval(scores: Metrics, name: str, digits: int = 4) -> str:
    """name, name_low and name_high as one text."""
    value, low, high = (scores[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"


def _percent(scores: Metrics, name: str) -> str:
    """As `_interval`, in percent."""
    value, low, high = (100 * scores[f"{name}{end}"] for end in ("", "_low", "_high"))
    return f"{value:.2f} % ({low:.2f} to {high:.2f})"


if __name__ == "__main__":
    run(main)
