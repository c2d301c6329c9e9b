"""What was found, on one page?

Reads the metrics, tables and figures of all studies. Writes one HTML file that needs no network and no other file.
Rows C4, C12, H18.
"""

import base64
import io
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from vision.evidence.documents import printed_table, read_documents
from vision.pipeline.files import replacing
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.results.tables import Metrics, read_metrics, read_table


def main(
    params: Params,
    *,
    documents: Path,
    data: Path,
    convnet: Path,
    subsets: Path,
    tsne: Path,
    neighbours: Path,
    softmax: Path,
    tanh: Path,
    representations: Path,
    comparison: Path,
    model_plots: Path,
    convnet_plots: Path,
    mlp_plots: Path,
    comparison_plots: Path,
    report: Path,
) -> None:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined
    )
    environment.filters |= {"interval": _interval, "percent": _percent, "words": lambda name: name.replace("_", " ")}
    environment.globals["figure"] = _figure
    shares = read_table(convnet_plots / "subsets.csv").groupby("images").fraction.first()
    rows = printed_table(read_documents(documents), "000", "subsets")
    printed = {row["fraction"]: (row["test_loss"], row["test_accuracy"]) for row in rows}
    models = sorted(_records(comparison_plots / "models.csv"), key=lambda row: -row["accuracy"])
    page = environment.get_template("report.html.jinja").render(
        source=params.datasets.handwriting,
        recipe=params.recipe,
        seed=params.seed,
        seeds=params.subsets.seeds,
        versions={name: version(name).split("+")[0] for name in ("torch", "scikit-learn", "numpy")},
        data=read_metrics(data),
        models=models,
        comparison=read_metrics(comparison),
        scores=read_metrics(convnet),
        classes=_records(model_plots / "convnet" / "classes.csv"),
        sizes=_sizes(read_metrics(subsets)["sizes"], shares, printed if params.datasets.handwriting == "mnist" else {}),
        laws=read_metrics(subsets)["power_law"],
        tsne=read_metrics(tsne),
        near=params.tsne.quality_neighbours,
        neighbours=read_metrics(neighbours),
        rounds=_rounds(model_plots / "softmax/runs.csv", read_metrics(softmax)["search"])
        + _rounds(model_plots / "tanh_mlp/runs.csv", read_metrics(tanh)["search"]),
        layers={name: found for name, found in read_metrics(representations).items() if "tsne" in found},
        mistakes={row["model"]: _mistakes(model_plots / row["model"] / "misclassified.csv") for row in models},
        claims={"000": _records(convnet_plots / "claims.csv"), "001 to 003": _records(mlp_plots / "claims.csv")},
        folders={"models": model_plots, "convnet": convnet_plots, "mlp": mlp_plots, "comparison": comparison_plots},
    )
    with replacing(report) as temporary:
        temporary.write_text(page)


def _figure(path: Path, caption: str) -> Markup:
    """A figure of the page, its picture within, in 256 colours: a third of the bytes in every commit of the page."""
    small = io.BytesIO()
    Image.open(path).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    picture = base64.b64encode(small.getvalue()).decode()
    image = Markup('<img src="data:image/png;base64,{}" alt="{}">').format(picture, caption)
    return Markup("<figure>{}<figcaption>{}</figcaption></figure>").format(image, caption)


def _records(path: Path) -> list[Metrics]:
    """The rows of a table; an empty cell is None."""
    table = read_table(path)
    return table.astype(object).where(table.notna(), None).to_dict("records")


def _rounds(runs: Path, search: Metrics) -> list[Metrics]:
    """One row per round of a model's search: its model, number, runs, the winner's values and its lead."""
    table, rows = read_table(runs), []
    values = list(table.columns[3 : table.columns.get_loc("updates")])
    for number, tried in table.groupby("round"):
        winner = tried[tried.winner].iloc[0]
        chosen = ", ".join(f"{name.replace('_', ' ')} {winner[name]}" for name in values)
        row = {"model": runs.parent.name, "round": number, "runs": len(tried), "chosen": chosen}
        rows.append(row | {"lead": search.get(f"lead_of_round_{number}")})
    return rows


def _mistakes(path: Path) -> list[Metrics]:
    """One row per class: its name, and images, misclassified and share of train and of test."""
    rows = {}
    for record in _records(path):
        rows.setdefault(record["class"], {"class": record["class"]})[record["split"]] = record
    return list(rows.values())


def _sizes(sizes: Metrics, fractions: dict[int, float], document: dict[float, tuple[float, float]]) -> list[Metrics]:
    """One row per training-set size, with the document's test loss and accuracy where it has that fraction."""
    rows = []
    for name, scores in sizes.items():
        images = int(name.removeprefix("images_"))
        loss, accuracy = document.get(fractions[images], (None, None))
        row = {"images": images, "fraction": fractions[images], "document_loss": loss, "document_accuracy": accuracy}
        rows.append(row | scores)
    return rows


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
