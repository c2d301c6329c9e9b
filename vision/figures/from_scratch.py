"""Figures of the network from scratch: its trainings, scikit-learn's beside them, and what they are worth."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vision.figures.curves import plain_log_ticks
from vision.figures.style import CLASS_COLOURS, DOCUMENT, GREY, figure

TRAINERS = {  # what figures call them, their colours and lines: the second is drawn upon the first
    "numpy": ("NumPy", CLASS_COLOURS[2], "-"),
    "sklearn": ("scikit-learn, equal terms", CLASS_COLOURS[1], "--"),
    "sklearn_defaults": ("scikit-learn's defaults", CLASS_COLOURS[4], "-."),
}
ACTIVATIONS = {  # in the order of figures, with their colours
    "relu": ("ReLU", CLASS_COLOURS[2]), "sigmoid": ("sigmoid", CLASS_COLOURS[3]), "tanh": ("tanh", CLASS_COLOURS[6]),
    "linear": ("linear", CLASS_COLOURS[4]),
}  # fmt: skip
KEPT_MARKERS, KEPT_COLOURS = "o^sDv", [CLASS_COLOURS[place] for place in (2, 1, 4, 3, 6)]
SHOWN_POINTS = 20  # of accuracy, below the best: what lies lower is written at the edge
Runs = Mapping[str, Any]  # entries of params.yaml: trainer, activation, lr


def draw_curves(path: Path, curves: pd.DataFrame, runs: Runs) -> None:
    """Training and validation loss, and validation error, of our networks by epoch (row F4).

    Args:
        curves: columns run, epoch, split, measure, value
    """
    with figure(path, 1, 2, height_inches=3.3) as panels:
        for name, run in runs.items():
            rows = curves[curves.run == name]
            if run.trainer != "numpy" or rows.empty:
                continue
            label, colour = ACTIVATIONS[run.activation]
            width = 1.6 if run.lr >= 0.1 else 1 if run.lr >= 0.001 else 0.6
            for axes, measure in zip(panels, ("loss", "accuracy"), strict=True):
                for split, line in (("valid", "-"), ("augmented_train", ":")):
                    part = rows[(rows.split == split) & (rows.measure == measure)]
                    values = part.value if measure == "loss" else 1 - part.value
                    named = f"{label}, rate {run.lr:g}" if split == "valid" else None
                    axes.plot(part.epoch, values, line, c=colour, lw=width, label=named)
        for axes, measure in zip(panels, ("loss (nats)", "error"), strict=True):
            axes.set(xlabel="epoch", ylabel=measure, yscale="log")
            plain_log_ticks(axes.yaxis, percent=measure == "error")
        panels[0].plot([], [], "-", c=GREY, label="validation")
        panels[0].plot([], [], ":", c=GREY, label="training, while learning")
        panels[0].figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def draw_losses(path: Path, curves: pd.DataFrame, runs: Runs) -> None:
    """Training loss by epoch, ours and scikit-learn's over each other, a panel for each activation (row F7).

    A training that diverged has a cross at its last epoch, or, without one, at the first.
    """
    losses = curves[(curves.split == "augmented_train") & (curves.measure == "loss")]
    with figure(path, 2, 2, height_inches=5.2) as panels:
        for axes, (activation, (title, _)) in zip(panels.flat, ACTIVATIONS.items(), strict=True):
            shown = {name: run for name, run in runs.items() if run.activation == activation}
            for name, run in shown.items():
                _, colour, line = TRAINERS[run.trainer]
                rows = losses[losses.run == name].sort_values("epoch")
                axes.plot(rows.epoch, rows.value, line, c=colour, lw=2.2 if run.trainer == "numpy" else 1.3)
            if len({run.lr for run in shown.values()}) > 1:
                _name_rates(axes, losses, shown)
            axes.set(xlabel="epoch", ylabel="training loss (nats)", yscale="log", title=title)
            axes.margins(x=0.02)
            plain_log_ticks(axes.yaxis, percent=False)
            _mark_diverged(axes, losses, shown)
        for name, colour, line in TRAINERS.values():
            panels[0, 0].plot([], [], line, c=colour, label=name)
        panels[0, 0].figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def _name_rates(axes, losses: pd.DataFrame, shown: Runs) -> None:
    """Write our networks' rates at the middle of their curves, the lowest one's below it."""
    own = [(run.lr, losses[losses.run == name]) for name, run in shown.items() if run.trainer == "numpy"]
    middles = {
        rate: rows.sort_values("epoch")[["epoch", "value"]].iloc[len(rows) // 2] for rate, rows in own if len(rows)
    }
    for rate, middle in middles.items():
        below = middle.value == min(other.value for other in middles.values())
        place = {"xytext": (0, -4 if below else 4), "va": "top" if below else "bottom", "ha": "center"}
        axes.annotate(f"rate {rate:g}", middle, **place, textcoords="offset points", fontsize=8, color=GREY)
    axes.set_ylim(bottom=axes.get_ylim()[0] / 1.3)  # room below the last curve


def _mark_diverged(axes, losses: pd.DataFrame, shown: Runs) -> None:
    """A cross where a training ended early for a loss without bounds, one above the other, and in which epoch."""
    last = {name: losses[losses.run == name].epoch.max() for name in shown}
    full = losses.epoch.max()
    ended = {name: 0 if np.isnan(epoch) else int(epoch) for name, epoch in last.items()}
    diverged = [(name, epoch) for name, epoch in ended.items() if epoch < full]
    if diverged:
        axes.set_ylim(top=axes.get_ylim()[1] * 1.5 ** len(diverged))  # room above the curves
        plain_log_ticks(axes.yaxis, percent=False)
    for place, (name, epoch) in enumerate(diverged):
        title, colour, _ = TRAINERS[shown[name].trainer]
        height = 0.95 - 0.08 * place
        axes.plot([max(epoch, 1)], [height], "x", c=colour, mew=2, transform=axes.get_xaxis_transform(), clip_on=False)
        text = f"{title}, rate {shown[name].lr:g}: diverged in epoch {epoch + 1}"
        axes.annotate(
            text, (max(epoch, 1), height), xytext=(6, 0), textcoords="offset points", va="center", fontsize=7,
            xycoords=axes.get_xaxis_transform(),
        )  # fmt: skip


def draw_accuracies(path: Path, judged: pd.DataFrame, title: Any) -> None:
    """Test accuracy of each network at each epoch that is kept, with its interval, beside the document's (F5, F6).

    Args:
        judged: columns model, trainer, kept, accuracy, accuracy_low, accuracy_high, printed
        title: what figures call a model
    """
    names, kinds = (list(dict.fromkeys(judged[column])) for column in ("model", "kept"))
    left = 100 * judged.accuracy.max() - SHOWN_POINTS
    with figure(path, height_inches=0.42 * len(names) + 1.3) as axes:
        for number, kept in enumerate(kinds):
            rows = judged[judged.kept == kept]
            heights = np.array([names.index(name) for name in rows.model]) + 0.22 * (number - (len(kinds) - 1) / 2)
            bars = [100 * (rows.accuracy - rows.accuracy_low), 100 * (rows.accuracy_high - rows.accuracy)]
            look = {"fmt": KEPT_MARKERS[number % 5], "c": KEPT_COLOURS[number % 5], "ms": 4, "capsize": 2, "lw": 1}
            label = "most accurate epoch by validation" if kept == "best" else kept.replace("_", " ")
            axes.errorbar(100 * rows.accuracy, heights, xerr=bars, label=label, **look)
            axes.plot(100 * rows.printed.astype(float), heights, "|", c=DOCUMENT, ms=9, mew=2)
            for height, value in zip(heights, 100 * rows.accuracy, strict=True):
                if value < left:
                    axes.text(left, height, f" ← {value:.1f} %", va="center", fontsize=8, c=look["c"])
        if judged.printed.notna().any():
            axes.plot([], [], "|", c=DOCUMENT, ms=9, mew=2, label="document, of 6,000 other images")
        axes.set(
            xlim=(left, None),
            xlabel="test accuracy (%)",
            yticks=range(len(names)),
            yticklabels=[title(name) for name in names],
        )
        axes.invert_yaxis()
        axes.figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=2)
