"""Figures that put all models side by side."""

from pathlib import Path

import numpy as np
import pandas as pd

from vision.figures.curves import plain_log_ticks
from vision.figures.style import ALIKE, DOCUMENT, GREY, NULL, SPLIT_COLOURS, figure

SURE = 0.05  # a corrected p-value from which on two models are not told apart


def draw_models(path: Path, models: pd.DataFrame) -> None:
    """Test error, test loss and calibration error of each model with 95 % intervals, the least error at the top.

    Loss and calibration error are drawn twice, of the model as it is and with its temperature, the latter below; behind
    a calibration error is that of a calibrated model.

    Args:
        models: title, images, diverged; accuracy, loss, ece and ece_null, each with _low and _high; the last three
            again with scaled_ before their names; document_accuracy and published_accuracy, empty where there is none
    """
    models = models.sort_values("accuracy", kind="stable").reset_index(drop=True)
    error, low, high = 1 - models.accuracy, 1 - models.accuracy_high, 1 - models.accuracy_low
    error = error.clip(lower=0.5 / models.images)  # no mistake at all would leave the logarithmic axis
    rows = np.arange(len(models))
    with figure(path, 1, 3, height_inches=0.3 * len(models) + 1.3, sharey=True) as panels:
        panels[0].errorbar(
            error, rows, xerr=[(error - low).clip(lower=0), high - error], fmt="o", ms=4, capsize=2,
            c=SPLIT_COLOURS["test"], label="this pipeline",
        )  # fmt: skip
        others = {"document": ("x", DOCUMENT, "the documents"), "published": ("+", GREY, "others, published")}
        for source, (mark, colour, label) in others.items():
            reported = 1 - models[f"{source}_accuracy"].astype(float)
            if reported.notna().any():
                panels[0].plot(reported, rows + 0.3, mark, c=colour, ms=6, label=label)
        for axes, name in zip(panels[1:], ("loss", "ece"), strict=True):
            _draw_both_ways(axes, models, name, rows)
        panels[0].set_yticks(rows, models.title.where(~models.diverged, models.title + " (diverged)"))
        for axes, label in zip(panels, ("test error", "test loss (nats)", "calibration error"), strict=True):
            axes.set(xlabel=label, xscale="log")
            plain_log_ticks(axes.xaxis, percent=label == "test error")
            axes.tick_params(axis="x", labelrotation=60)
        panels[0].figure.align_xlabels(panels)
        handles, labels = (
            first + second
            for first, second in zip(*(panels[number].get_legend_handles_labels() for number in (0, 2)), strict=True)
        )
        panels[0].figure.legend(handles, labels, loc="outside upper center", ncols=3)


def _draw_both_ways(axes, models: pd.DataFrame, name: str, rows: np.ndarray) -> None:
    """A measure of each model as it is, above its row, and with its temperature, below it, each before its null."""
    ways = {"": (0.17, SPLIT_COLOURS["test"], None), "scaled_": (-0.17, "white", "with a temperature")}
    for prefix, (shift, face, label) in ways.items():
        if name == "ece":
            low, high = (models[f"{prefix}ece_null_{end}"] for end in ("low", "high"))
            axes.barh(rows + shift, high - low, 0.34, low, color=NULL, lw=0, label=None if label else "if calibrated")
        value, low, high = (models[f"{prefix}{name}{end}"] for end in ("", "_low", "_high"))
        spans = [np.maximum(value - low, 0), np.maximum(high - value, 0)]
        axes.errorbar(
            value, rows + shift, xerr=spans, fmt="o", ms=3.5, capsize=1.5, lw=1, c=SPLIT_COLOURS["test"], mfc=face,
            label=label,
        )  # fmt: skip


def draw_pairs(path: Path, pairs: pd.DataFrame, titles: dict[str, str]) -> None:
    """A matrix of models: below the diagonal the mistakes they share, above it whether they differ.

    Args:
        pairs: first, second, shared in [0, 1], p_holm; one row per pair
        titles: of each model, from the first row and column to the last
    """
    place = {name: number for number, name in enumerate(titles)}
    size = min(6.5, 98 / len(titles))  # in points: as wide as a cell
    shared = np.full((len(titles), len(titles)), np.nan)
    with figure(path, height_inches=6.2) as axes:
        for pair in pairs.itertuples():
            low, high = sorted((place[pair.first], place[pair.second]))
            shared[high, low] = 100 * pair.shared
            alike = pair.p_holm >= SURE
            text = "<.001" if pair.p_holm < 0.001 else f"{pair.p_holm:.3f}".lstrip("0") if pair.p_holm < 1 else "1"
            weight = "bold" if alike else "normal"
            axes.text(high, low, text, ha="center", va="center", size=size, c="black" if alike else GREY, weight=weight)
            if alike:
                axes.fill_between([high - 0.5, high + 0.5], low - 0.5, low + 0.5, color=ALIKE, lw=0)
        drawn = axes.imshow(shared, cmap="Blues", vmin=0, vmax=100)
        for (row, column), value in np.ndenumerate(shared):
            if not np.isnan(value):
                axes.text(
                    column, row, f"{value:.0f}", ha="center", va="center", size=7, c="white" if value > 60 else "black"
                )
        axes.set_xticks(range(len(titles)), titles.values(), rotation=45, ha="right")
        axes.set_yticks(range(len(titles)), titles.values())
        axes.set(xlim=(-0.5, len(titles) - 0.5), ylim=(len(titles) - 0.5, -0.5))
        axes.grid(False)
        axes.set_title(
            "below: shared mistakes, in % of those that either makes\n"
            "above: McNemar's p, Holm-corrected; marked where 0.05 or more, not told apart",
            fontsize=9,
        )
        axes.figure.colorbar(drawn, ax=axes, label="shared mistakes (%)", shrink=0.7)
