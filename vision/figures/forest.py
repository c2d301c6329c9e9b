"""Scores with their intervals in rows: of all models, of representations, of replications and of networks."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from vision.figures.curves import plain_log_ticks
from vision.figures.style import CLASS_COLOURS, DOCUMENT, GREY, NULL, SPLIT_COLOURS, figure, legend_above

TEST = SPLIT_COLOURS["test"]
SERIES_STYLES = [{"fmt": marker, "c": CLASS_COLOURS[i]} for marker, i in zip("os^Dv", (2, 4, 1, 0, 3), strict=True)]
MEASURES = {  # by the name of the score: the question, the label, and whether the axis is logarithmic
    "tsne.knn_accuracy_features": ("do nearest neighbours\nshare a class?", "neighbours' accuracy", False),
    "features.silhouette": ("are classes tight\nand far apart?", "silhouette", False),
    "collapse.nc1": ("does each class\nshrink to one point?", "NC1: spread\nwithin / between", True),
    "collapse.nc2_norms": ("are class means equally\nfar from their centre?", "NC2: variation\nof distances", False),
    "collapse.nc2_angles": ("are class means equally\nfar from each other?", "NC2: deviation\nof cosines", False),
    "collapse.nc4": ("is the class of the\nnearest mean predicted?", "NC4: share\nof other classes", True),
}
COLLAPSE = """Neighbours and silhouette: test images. NC1, NC2, NC4: neural collapse (Papyan, Han and Donoho, 2020)
of the training images, 0 where it is complete: then all images of a class are one point, the class means
are equally far from each other, and the network predicts the class of the nearest mean."""
KINDS = {"pixels": "pixels", "scattering": "scattering", "backbone": "backbone", "finetuned": "fine-tuned"}
CLASSIFIERS = {
    "mean_image": "Mean image", "knn": "Nearest neighbours", "random_forest": "Random forest",
    "linear_discriminant": "Linear discriminant", "softmax": "Softmax regression",
}  # fmt: skip
ERRORS = {"xlabel": "test error", "log": True, "percent": True}
MEASURED = "this pipeline, with 95 % intervals"
SCALED = "this pipeline after temperature scaling: logits divided by a number fitted on validation images"
CALIBRATED = "calibration errors that a perfectly calibrated model reaches by chance (95 %)"
SHOWN_POINTS = 20  # of accuracy, below the best: what lies lower is written at the edge


def forest_plot(
    axes, names: list[str], series: Mapping[str, pd.DataFrame], *, xlabel: str, log: bool = False,
    percent: bool = False, styles: list[dict] | None = None, band: str | None = None,
) -> np.ndarray:  # fmt: skip
    """Draw values with 95 % intervals in rows, the first at the top; return the heights, float (series, rows).

    Args:
        series: by label, in the order of names: value, low, high, and band_low, band_high for a bar behind them; NaN
            where a series has no value. Labels that begin with _ are in no legend
        band: label of the bars
    """
    step = min(0.7 / len(series), 0.34)
    heights = np.arange(len(names)) + step * (np.arange(len(series)) - (len(series) - 1) / 2)[:, None]
    if log:
        axes.set_xscale("log")
    for (label, rows), style, height in zip(series.items(), styles or SERIES_STYLES, heights, strict=False):
        if "band_low" in rows:
            thick = step if len(series) > 1 else 0.5
            axes.barh(height, rows.band_high - rows.band_low, thick, rows.band_low, color=NULL, lw=0, label=band)
            band = None
        spans = np.maximum([rows.value - rows.low, rows.high - rows.value], 0)
        look = {"fmt": "o", "ms": 4, "capsize": 2, "lw": 1.2, "c": TEST, **style}
        axes.errorbar(rows.value, height, xerr=spans, label=label, **look)
    axes.set_yticks(np.arange(len(names)), names)
    axes.set(xlabel=xlabel, ylim=(max(len(names), 1) - 0.5, -0.5))
    if log:
        plain_log_ticks(axes.xaxis, percent=percent)
    return heights


def interval_columns(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Value, low and high of a measure."""
    return table[[name, f"{name}_low", f"{name}_high"]].set_axis(["value", "low", "high"], axis=1).astype(float)


def error_columns(table: pd.DataFrame) -> pd.DataFrame:
    """Value, low and high of the error, for a logarithmic axis: no error at all is half an image."""
    rows = 1 - interval_columns(table, "accuracy").rename(columns={"low": "high", "high": "low"})
    return rows.assign(value=rows.value.clip(lower=0.5 / table.images))


def draw_models(path: Path, models: pd.DataFrame, dataset: str) -> None:
    """Test error, and loss and calibration error as they are and temperature-scaled; the first model at the top.

    Columns: title, and those of models.csv.
    """
    names = models.title.where(~models.diverged, models.title + " (diverged)").tolist()
    with figure(path, 1, 3, height_inches=0.3 * len(models) + 1.9, sharey=True) as panels:
        forest_plot(panels[0], names, {MEASURED: error_columns(models)}, styles=[{}], **ERRORS)
        others = ("document", "x", DOCUMENT, "reported in a document"), ("published", "+", GREY, "published by others")
        for source, mark, colour, label in others:
            reported = 1 - models[f"{source}_accuracy"].to_numpy(float)
            if np.isfinite(reported).any():
                panels[0].plot(reported, np.arange(len(models)) - 0.3, mark, c=colour, ms=6, label=label)
        plain_log_ticks(panels[0].xaxis, percent=True)
        styles = [{"ms": 3.5}, {"ms": 3.5, "mfc": "white"}]
        labels = {"loss": "test loss (nats)", "ece": "calibration error"}
        for axes, (name, label) in zip(panels[1:], labels.items(), strict=True):
            series = {}
            for key, prefix in (("_", ""), (SCALED, "scaled_")):
                series[key] = rows = interval_columns(models, f"{prefix}{name}")
                if name == "ece":
                    rows[["band_low", "band_high"]] = models[[f"{prefix}ece_null_low", f"{prefix}ece_null_high"]]
            forest_plot(axes, names, series, xlabel=label, log=True, styles=styles, band=CALIBRATED)
        for axes in panels:
            axes.tick_params(axis="x", labelrotation=60)
        panels[0].figure.align_xlabels(panels)
        legends = zip(*(panels[number].get_legend_handles_labels() for number in (0, 2)), strict=True)
        place = {"loc": "outside upper center", "title": f"Models on {dataset}"}
        panels[0].figure.legend(*(first + second for first, second in legends), **place)


def draw_separation(path: Path, table: pd.DataFrame) -> None:
    """Separation of classes: columns representation (its title), measure (of MEASURES), value, low, high."""
    names = list(dict.fromkeys(table.representation))
    with figure(path, 2, 3, height_inches=0.42 * len(names) + 3.7, sharey=True) as panels:
        for axes, (measure, (question, label, log)) in zip(panels.flat, MEASURES.items(), strict=True):
            rows = table[table.measure == measure].set_index("representation").reindex(names)[["value", "low", "high"]]
            zero = rows.value == 0
            forest_plot(axes, names, {"_": rows.mask(log & zero)}, xlabel=label, log=log, styles=[{}])
            for height in np.flatnonzero(log & zero):
                axes.annotate("← 0", (0.02, height), xycoords=("axes fraction", "data"), va="center", size=8, c=TEST)
            axes.set_title(question, fontsize=8.5)
            axes.xaxis.label.set_size(8)
            axes.tick_params(axis="x", labelsize=8)
        panels[0, 0].figure.supxlabel(COLLAPSE, fontsize=8, color=GREY)


def draw_benchmark(path: Path, table: pd.DataFrame, titles: dict[str, str]) -> None:
    """Test error of every classifier (of CLASSIFIERS) on every kind of representation (of KINDS), one panel a role."""
    with figure(path, 1, len(titles), height_inches=4.0, sharey=True, squeeze=False) as panels:
        for axes, (role, title) in zip(panels[0], titles.items(), strict=True):
            series = {}
            for kind, label in KINDS.items():
                rows = table[(table.role == role) & (table.kind == kind)].set_index("classifier").reindex(CLASSIFIERS)
                series[label] = error_columns(rows)
            forest_plot(axes, list(CLASSIFIERS.values()), series, **ERRORS)
            axes.set_title(title)
        legend_above(panels[0, 0], 4)


def draw_replications(path: Path, scores: pd.DataFrame) -> None:
    """Accuracies at a document's settings less the reported ones: mean over seeds, and prediction interval of a run."""
    columns = {"mean": "value", "low": "low", "high": "high"}
    columns |= {f"prediction_{end}": f"band_{end}" for end in ("low", "high")}
    rows = 100 * scores[[*columns]].rename(columns=columns).sub(scores.reported, axis=0)
    with figure(path, height_inches=0.32 * len(scores) + 1.3) as axes:
        series, xlabel = {"mean over seeds": rows}, "accuracy, in points from the reported one"
        forest_plot(axes, scores.name.tolist(), series, xlabel=xlabel, styles=[{}], band="95 % prediction interval")
        axes.axvline(0, c=DOCUMENT, lw=1, label="reported")
        axes.use_sticky_edges = False  # a bar does not end where the axes do
        axes.margins(x=0.04)
        if not len(scores):
            axes.set_title("the documents report nothing of these images")
        legend_above(axes, 3)


def draw_accuracies(path: Path, table: pd.DataFrame, title: Callable[[str], str]) -> None:
    """Test accuracy of each network at each checkpoint (the column kept), and the document's."""
    names, checkpoints = (list(dict.fromkeys(table[column])) for column in ("model", "kept"))
    least = 100 * table.accuracy.max() - SHOWN_POINTS
    of = {kept: table[table.kept == kept].set_index("model").reindex(names) for kept in checkpoints}
    labels = ["best epoch by validation" if kept == "best" else kept.replace("_", " ") for kept in checkpoints]
    series = {label: 100 * interval_columns(rows, "accuracy") for label, rows in zip(labels, of.values(), strict=True)}
    with figure(path, height_inches=0.42 * len(names) + 1.3) as axes:
        heights = forest_plot(axes, [title(name) for name in names], series, xlabel="test accuracy (%)")
        label = "document, at the epoch of the same row, of 6,000 other images"
        for height, rows, kept, style in zip(heights, of.values(), checkpoints, SERIES_STYLES, strict=False):
            if rows.reported.notna().any():
                axes.plot(100 * rows.reported, height, "|", c=DOCUMENT, ms=9, mew=2, label=label)
                label = None
            for y, value, epochs in zip(height, 100 * rows.accuracy, rows.epochs, strict=True):
                note = "" if kept in ("best", f"epoch_{epochs}") or pd.isna(epochs) else f" ended after {epochs}"
                if value < least or note:
                    text = f" ← {value:.1f} %{note}" if value < least else note
                    axes.text(max(value, least), y, text, va="center", fontsize=7, c=style["c"])
        axes.set_xlim(least, None)
        legend_above(axes, 2)
