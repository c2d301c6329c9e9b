"""Figures of the trainings of the network from scratch, and of scikit-learn's."""

import itertools
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
    "batches": ("scikit-learn's defaults, batches of 32", CLASS_COLOURS[6], ":"),
}
ACTIVATIONS = {"relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh", "linear": "linear"}  # titles, in this order
CURVE_COLOURS = [CLASS_COLOURS[i] for i in (2, 3, 6, 4, 1, 9)]  # one for each network
Runs = Mapping[str, Any]  # entries of params.yaml: trainer, activation, lr


def style_of(run: Any) -> tuple[str, str, str]:
    """The style of a network's trainer, or of another batch size than the trainer's."""
    return TRAINERS["batches" if run.batch_size else run.trainer]


def draw_curves(path: Path, curves: pd.DataFrame, runs: Runs) -> None:
    """Loss and error of training and validation of the NumPy networks by epoch."""
    shown = [name for name, run in runs.items() if run.trainer == "numpy" and (curves.run == name).any()]
    with figure(path, 1, 2, height_inches=3.3) as panels:
        for name, colour in zip(shown, itertools.cycle(CURVE_COLOURS), strict=False):
            rows, run = curves[curves.run == name], runs[name]
            for axes, measure in zip(panels, ("loss", "accuracy"), strict=True):
                for split, line in (("valid", "-"), ("augmented_train", ":")):
                    part = rows[(rows.split == split) & (rows.measure == measure)]
                    values = part.value if measure == "loss" else 1 - part.value
                    text = f"{ACTIVATIONS[run.activation]}, rate {run.lr:g}" if split == "valid" else None
                    axes.plot(part.epoch, values, line, c=colour, label=text)
        for axes, measure in zip(panels, ("loss (nats)", "error"), strict=True):
            axes.set(xlabel="epoch", ylabel=measure, yscale="log")
            plain_log_ticks(axes.yaxis, percent=measure == "error")
        panels[0].plot([], [], "-", c=GREY, label="validation")
        panels[0].plot([], [], ":", c=GREY, label="training, during the epoch")
        legend_above(panels[0], 3)


def draw_losses(path: Path, curves: pd.DataFrame, runs: Runs, diverged: dict[str, int]) -> None:
    """Training loss by epoch of the networks of NumPy and scikit-learn, a panel for each activation.

    Args:
        diverged: the epoch in which the training of a network diverged
    """
    losses = curves[(curves.split == "augmented_train") & (curves.measure == "loss")]
    with figure(path, 2, 2, height_inches=5.2) as panels:
        for axes, (activation, title) in zip(panels.flat, ACTIVATIONS.items(), strict=True):
            shown = {name: run for name, run in runs.items() if run.activation == activation}
            for name, run in shown.items():
                _, colour, line = style_of(run)
                rows = losses[losses.run == name]
                axes.plot(rows.epoch, rows.value, line, c=colour, lw=2.2 if run.trainer == "numpy" else 1.3)
            if len({run.lr for run in shown.values()}) > 1:
                _name_rates(axes, losses, shown)
            axes.set(xlabel="epoch", ylabel="training loss (nats)", yscale="log", title=title)
            axes.margins(x=0.02)
            _mark_diverged(axes, {name: epoch for name, epoch in diverged.items() if name in shown}, shown)
            plain_log_ticks(axes.yaxis, percent=False)
        for name, colour, line in TRAINERS.values():
            panels[0, 0].plot([], [], line, c=colour, label=name)
        legend_above(panels[0, 0], 2)


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


def _mark_diverged(axes, diverged: dict[str, int], shown: Runs) -> None:
    """Crosses at the last epochs of trainings that diverged, one above the other; at the first without one."""
    if diverged:
        axes.set_ylim(top=axes.get_ylim()[1] * 1.5 ** len(diverged))  # room above the curves
    for i, (name, epoch) in enumerate(diverged.items()):
        title, colour, _ = style_of(shown[name])
        at, transform = (max(epoch - 1, 1), 0.95 - 0.08 * i), axes.get_xaxis_transform()
        axes.plot(*at, "x", c=colour, mew=2, transform=transform, clip_on=False)
        text = f"{title}, rate {shown[name].lr:g}: diverged in epoch {epoch}"
        style = {"xytext": (6, 0), "textcoords": "offset points", "va": "center", "fontsize": 7}
        axes.annotate(text, at, xycoords=transform, **style)
