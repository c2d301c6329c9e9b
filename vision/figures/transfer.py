"""Figures about features that were learned elsewhere: fine-tuning, layer after layer, and the panel of classifiers."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator, NullLocator

from vision.figures.curves import draw_steps, plain_log_ticks
from vision.figures.style import CLASS_COLOURS, GREY, SPLIT_COLOURS, figure

GROUPS = {"head": ("-", "#332288"), "layer3, layer4": ("--", "#117733"), "conv1 to layer2": (":", "#CC6677")}


def draw_finetuning(path: Path, losses: np.ndarray, rates: np.ndarray, frozen_steps: int) -> None:
    """The training loss and the learning rate of each group of layers, step by step (row H7).

    Args:
        losses: float (steps,), of each batch
        rates: float (steps, 3), of early layers, late ones and the head; 0 while they are frozen
        frozen_steps: steps of the first phase
    """
    with figure(path, 1, 2, height_inches=3.0) as panels:
        draw_steps(panels[0], losses, SPLIT_COLOURS["train"], label=None)
        panels[0].set(ylabel="training loss of the batch (nats)", yscale="log")
        plain_log_ticks(panels[0].yaxis, percent=False)
        for (name, (style, colour)), column in zip(GROUPS.items(), (2, 1, 0), strict=True):
            shown = np.where(rates[:, column] > 0, rates[:, column], np.nan)
            panels[1].plot(shown, style, c=colour, label=name)
        panels[1].set(ylabel="learning rate", yscale="log", ylim=(rates.max() * 1e-6, rates.max() * 3))
        for axes in panels:
            axes.axvline(frozen_steps, color=GREY, lw=0.8)
            axes.set(xlabel="step", xlim=(0, len(losses)))
        note = {"ha": "right", "va": "top", "fontsize": 7, "color": GREY, "transform": panels[0].get_xaxis_transform()}
        panels[0].text(0.98 * frozen_steps, 0.98, "head\nalone", **note)
        panels[0].text(frozen_steps * 1.04, 0.98, "all layers", **note | {"ha": "left"})
        panels[1].figure.legend(*panels[1].get_legend_handles_labels(), loc="outside upper center", ncols=3)


MEASURES = {  # of a space: what its axis says, and whether it is logarithmic
    "knn": ("neighbours' accuracy", False),
    "silhouette": ("silhouette", False),
    "nc1": ("NC1: within / between", True),
    "nc2_norms": ("NC2: unequal norms", False),
    "nc2_angles": ("NC2: unequal angles", False),
    "nc4": ("NC4: nearest mean differs", True),
}


def draw_separation(path: Path, table: pd.DataFrame) -> None:
    """How the classes lie in each space, first to last, each measure with its 95 % interval.

    Args:
        table: space (its title), measure (a key of MEASURES), value, low, high
    """
    spaces = list(dict.fromkeys(table.space))
    with figure(path, 2, 3, height_inches=0.42 * len(spaces) + 2.6, sharey=True) as panels:
        for axes, (measure, (label, logarithmic)) in zip(panels.flat, MEASURES.items(), strict=True):
            rows = table[table.measure == measure].set_index("space").reindex(spaces)
            places = np.arange(len(spaces))
            least = rows.value[rows.value > 0].min() / 2 if logarithmic else -np.inf
            value, low = rows.value.clip(lower=least), rows.low.clip(lower=least)
            bars = [(value - low).clip(lower=0), (rows.high - value).clip(lower=0)]
            axes.errorbar(value, places, xerr=bars, fmt="o", ms=4, capsize=2, c=SPLIT_COLOURS["test"])
            axes.set(xlabel=label, ylim=(len(spaces) - 0.5, -0.5))
            if logarithmic:
                axes.set_xscale("log")
                axes.xaxis.set_major_locator(LogLocator())
                axes.xaxis.set_minor_locator(NullLocator())
                axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
            axes.set_yticks(places, spaces)
            axes.tick_params(axis="x", labelsize=8)


KINDS = {
    "pixels": ("pixels", "o"),
    "scattering": ("scattering", "s"),
    "backbone": ("backbone", "^"),
    "finetuned": ("fine-tuned", "D"),
}
CLASSIFIERS = {
    "mean_image": "Mean image",
    "knn": "Nearest neighbours",
    "random_forest": "Random forest",
    "linear_discriminant": "Linear discriminant",
    "softmax": "Softmax regression",
}


def draw_panel(path: Path, table: pd.DataFrame, titles: dict[str, str]) -> None:
    """Test error of every classifier on every description of the images with 95 % intervals, one panel a role.

    Args:
        table: role, kind (a key of KINDS), classifier (a key of CLASSIFIERS), accuracy, accuracy_low, accuracy_high
        titles: of each role
    """
    with figure(path, 1, len(titles), height_inches=4.0, sharey=True, squeeze=False) as panels:
        for axes, (role, title) in zip(panels[0], titles.items(), strict=True):
            for number, (kind, (label, marker)) in enumerate(KINDS.items()):
                rows = table[(table.role == role) & (table.kind == kind)].set_index("classifier").reindex(CLASSIFIERS)
                error = (1 - rows.accuracy).clip(lower=0.5 / rows.images)
                places = np.arange(len(CLASSIFIERS)) + 0.17 * (number - 1.5)
                bars = [(error - (1 - rows.accuracy_high)).clip(lower=0), (1 - rows.accuracy_low - error).clip(lower=0)]
                colour = CLASS_COLOURS[(0, 4, 1, 2)[number]]
                axes.errorbar(error, places, xerr=bars, fmt=marker, ms=4.5, capsize=2, c=colour, label=label)
            axes.set(title=title, xlabel="test error", xscale="log", ylim=(len(CLASSIFIERS) - 0.5, -0.5))
            plain_log_ticks(axes.xaxis, percent=True)
            axes.yaxis.set_minor_locator(NullLocator())
            axes.set_yticks(range(len(CLASSIFIERS)), CLASSIFIERS.values())
        panels[0, 0].figure.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)
