"""Figures of the trainings of the network from scratch, and of scikit-learn's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from vision.figures.curves import plain_log_ticks
from vision.figures.style import CLASS_COLOURS, GREY, figure, legend_above

TRAINERS = {  # title, colour and line: the second is drawn upon the first
    "numpy": ("NumPy", CLASS_COLOURS[2], "-"),
    "sklearn": ("scikit-learn, same settings", CLASS_COLOURS[1], "--"),
    "sklearn_defaults": ("scikit-learn's defaults", CLASS_COLOURS[4], "-."),
}
ACTIVATIONS = {  # in the order of figures: title and colour
    "relu": ("ReLU", CLASS_COLOURS[2]), "sigmoid": ("sigmoid", CLASS_COLOURS[3]), "tanh": ("tanh", CLASS_COLOURS[6]),
    "linear": ("linear", CLASS_COLOURS[4]),
}  # fmt: skip
Runs = Mapping[str, Any]  # entries of params.yaml: trainer, activation, lr


def draw_curves(path: Path, curves: pd.DataFrame, runs: Runs) -> None:
    """Loss and error of training and validation of the NumPy networks by epoch."""
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
                    text = f"{label}, rate {run.lr:g}" if split == "valid" else None
                    axes.plot(part.epoch, values, line, c=colour, lw=width, label=text)
        for axes, measure in zip(panels, ("loss (nats)", "error"), strict=True):
            axes.set(xlabel="epoch", ylabel=measure, yscale="log")
            plain_log_ticks(axes.yaxis, percent=measure == "error")
        panels[0].plot([], [], "-", c=GREY, label="validation")
        panels[0].plot([], [], ":", c=GREY, label="training, during the epoch")
        legend_above(panels[0], 3)


def draw_losses(path: Path, curves: pd.DataFrame, runs: Runs) -> None:
    """Training loss by epoch of the networks of NumPy and scikit-learn, a panel for each activation."""
    losses = curves[(curves.split == "augmented_train") & (curves.measure == "loss")]
    with figure(path, 2, 2, height_inches=5.2) as panels:
        for axes, (activation, (title, _)) in zip(panels.flat, ACTIVATIONS.items(), strict=True):
            shown = {name: run for name, run in runs.items() if run.activation == activation}
            for name, run in shown.items():
                _, colour, line = TRAINERS[run.trainer]
                rows = losses[losses.run == name]
                axes.plot(rows.epoch, rows.value, line, c=colour, lw=2.2 if run.trainer == "numpy" else 1.3)
            if len({run.lr for run in shown.values()}) > 1:
                _name_rates(axes, losses, shown)
            axes.set(xlabel="epoch", ylabel="training loss (nats)", yscale="log", title=title)
            axes.margins(x=0.02)
            _mark_diverged(axes, losses, shown)
            plain_log_ticks(axes.yaxis, percent=False)
        for name, colour, line in TRAINERS.values():
            panels[0, 0].plot([], [], line, c=colour, label=name)
        legend_above(panels[0, 0], 3)


def _name_rates(axes, losses: pd.DataFrame, shown: Runs) -> None:
    """The NumPy networks' rates at the middle of their curves, the lowest one's below it."""
    middles = {}
    for name, run in shown.items():
        rows = losses.loc[losses.run == name, ["epoch", "value"]]
        if run.trainer == "numpy" and len(rows):
            middles[run.lr] = rows.iloc[len(rows) // 2]
    for rate, middle in middles.items():
        below = middle.value == min(other.value for other in middles.values())
        style = {"xytext": (0, -4 if below else 4), "va": "top" if below else "bottom", "ha": "center"}
        axes.annotate(f"rate {rate:g}", middle, **style, textcoords="offset points", fontsize=8, color=GREY)
    axes.set_ylim(bottom=axes.get_ylim()[0] / 1.3)  # room below the last curve


def _mark_diverged(axes, losses: pd.DataFrame, shown: Runs) -> None:
    """Crosses at the last epochs of trainings that diverged, one above the other; at the first without one."""
    last = losses[losses.run.isin(shown)].groupby("run").epoch.max().reindex(list(shown), fill_value=0)
    diverged = last[last < losses.epoch.max()]
    if len(diverged):
        axes.set_ylim(top=axes.get_ylim()[1] * 1.5 ** len(diverged))  # room above the curves
    for i, (name, epoch) in enumerate(diverged.items()):
        title, colour, _ = TRAINERS[shown[name].trainer]
        at, transform = (max(epoch, 1), 0.95 - 0.08 * i), axes.get_xaxis_transform()
        axes.plot(*at, "x", c=colour, mew=2, transform=transform, clip_on=False)
        text = f"{title}, rate {shown[name].lr:g}: diverged in epoch {epoch + 1}"
        style = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "fontsize": 7}
        axes.annotate(text, at, xycoords=transform, **style)
