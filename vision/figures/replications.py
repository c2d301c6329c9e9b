"""Figures of replications: printed scores against what the documents' settings give, and document 003's sweep."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from vision.figures.curves import plain_log_ticks
from vision.figures.style import DOCUMENT, NULL, SPLIT_COLOURS, figure


def draw_replications(path: Path, scores: pd.DataFrame) -> None:
    """How far the accuracies that a document's settings give are from the printed ones, in points.

    Args:
        scores: name (what the row is called), printed, mean, low, high, another_low, another_high, in [0, 1]; the
            first row at the top
    """
    rows = np.arange(len(scores))[::-1]
    points = {name: 100 * (scores[name] - scores.printed) for name in ("mean", "low", "high")}
    points |= {name: 100 * (scores[name] - scores.printed) for name in ("another_low", "another_high")}
    with figure(path, height_inches=0.32 * len(scores) + 1.3) as axes:
        width = points["another_high"] - points["another_low"]
        axes.barh(rows, width, 0.5, points["another_low"], color=NULL, lw=0, label="one more run, 95 times in 100")
        spans = [points["mean"] - points["low"], points["high"] - points["mean"]]
        style = {"fmt": "o", "ms": 4, "capsize": 2, "c": SPLIT_COLOURS["test"]}
        axes.errorbar(points["mean"], rows, xerr=spans, **style, label="mean over seeds")
        axes.axvline(0, c=DOCUMENT, lw=1, label="printed")
        axes.use_sticky_edges = False  # a bar does not end where the axes do
        axes.margins(x=0.04)
        axes.set_yticks(rows, scores.name)
        axes.set(xlabel="accuracy, in points from the printed one")
        if not len(scores):
            axes.set_title("the documents print nothing of these images")
        axes.figure.legend(loc="outside upper center", ncols=3)


def draw_sweep(path: Path, curves: pd.DataFrame) -> None:
    """Validation error by epoch for each lambda: the mean over seeds, and from the least to the greatest (row L5).

    Args:
        curves: weight_decay, seed, epoch, split, measure, value
    """
    accuracies = curves[(curves.split == "valid") & (curves.measure == "accuracy")]
    lambdas = sorted(accuracies.weight_decay.unique(), reverse=True)
    shades = plt.get_cmap("viridis")(np.linspace(0, 0.9, len(lambdas)))
    with figure(path, height_inches=3.6) as axes:
        for value, colour in zip(lambdas, shades, strict=True):
            own = accuracies[accuracies.weight_decay == value]
            errors = 1 - own.pivot(index="epoch", columns="seed", values="value")
            axes.fill_between(errors.index, errors.min(axis=1), errors.max(axis=1), color=colour, alpha=0.2, lw=0)
            axes.plot(errors.index, errors.mean(axis=1), c=colour, lw=1.2, label=f"{value:g}")
        axes.set(xlabel="epoch", ylabel="validation error", yscale="log")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        plain_log_ticks(axes.yaxis, percent=True)
        axes.figure.legend(title="lambda", loc="outside upper center", ncols=len(lambdas))
