"""The reliability diagram."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from vision.figures.style import GREY, NULL, SPLIT_COLOURS, figure
from vision.scores.estimate import Estimate

FEW = 6  # bins
POINTS = {"fmt": "o", "ms": 4, "c": SPLIT_COLOURS["test"], "capsize": 2}


def draw_reliability(path: Path, table: pd.DataFrame, ece: Estimate, null: Estimate, p: float, heading: str) -> None:
    """Accuracy against confidence in bins of equal mass, and their difference, from the least confident images on.

    Images of equal confidence share a bin, so that there can be few bins, unequal in mass: then each says its images.
    Behind both is the 95 % interval of a calibrated model, whose expected calibration error is `null`.
    """
    bars = np.maximum([table.accuracy - table.accuracy_low, table.accuracy_high - table.accuracy], 0)
    measured, calibrated = ("{:.4f} ({:.4f} to {:.4f})".format(*error[:3]) for error in (ece, null))
    with figure(path, 1, 2, height_inches=3.9) as (left, right):
        _draw_diagram(left, table, bars)
        _draw_differences(right, table, bars)
        title = f"{heading}\nexpected calibration error {measured}\nof a calibrated model {calibrated}, p = {p:.3f}"
        left.figure.suptitle(title, size=9)
        left.figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=2)


def _draw_diagram(axes, table: pd.DataFrame, bars: np.ndarray) -> None:
    lowest = max(0, min(table.confidence.min(), table.accuracy_low.min(), table.null_low.min()))
    margin = 0.03 * (1 - lowest)
    axes.plot([lowest, 1], [lowest, 1], c=GREY, lw=0.8, ls="--")
    axes.vlines(table.confidence, table.null_low, table.null_high, color=NULL, lw=7)
    axes.errorbar(table.confidence, table.accuracy, bars, **POINTS)
    for row in table.itertuples() if len(table) <= FEW else ():
        above = {"xy": (row.confidence, row.accuracy_high), "xytext": (0, 3), "textcoords": "offset points"}
        inwards = "left" if row.confidence < (lowest + 1) / 2 else "right"
        axes.annotate(f"{row.images:,} images", **above, ha=inwards, size=8, color=GREY)
    limits = (lowest - margin, 1 + margin)
    axes.set(xlabel="mean confidence (top probability)", ylabel="accuracy", xlim=limits, ylim=limits, box_aspect=1)


def _draw_differences(axes, table: pd.DataFrame, bars: np.ndarray) -> None:
    ends = table.images.cumsum()
    starts, last = ends - table.images, ends.iloc[-1]
    axes.use_sticky_edges = False
    low, high = 100 * (table.null_low - table.confidence), 100 * (table.null_high - table.confidence)
    axes.bar(starts, high - low, table.images, low, align="edge", color=NULL, lw=0, label="a calibrated model, 95 %")
    axes.axhline(0, c=GREY, lw=0.8, ls="--", label="accuracy = confidence")
    least, most = table.images.min(), table.images.max()
    sizes = f"{most:,}" if most - least <= 1 else f"{least:,} to {most:,}"
    label = f"{len(table)} bins of {sizes} test images, 95 % Wilson interval"
    label += "\n(images of equal confidence share a bin)" if len(table) <= FEW else ""
    axes.errorbar((starts + ends) / 2, 100 * (table.accuracy - table.confidence), 100 * bars, label=label, **POINTS)
    axes.set(xlabel="test images, least confident first", ylabel="accuracy less confidence (points)", xlim=(0, last))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.xaxis.set_major_locator(MaxNLocator(5))
