"""Figures of trainings: losses and errors by epoch, step and number of images."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from vision.figures.style import GREY, SPLIT_COLOURS, SPLIT_MARKERS, figure, legend_above, series_lines
from vision.scores.estimate import Estimate

RATE_STYLES = {"head": ("-", "#332288"), "layer3, layer4": ("--", "#117733"), "conv1 to layer2": (":", "#CC6677")}


def draw_training_curves(
    path: Path, curves: pd.DataFrame, best_epoch: int, step_losses: np.ndarray, title: str
) -> None:
    """Loss and error of each split by epoch, with the epoch whose weights are used; the training loss by step."""
    with figure(path, 1, 3, height_inches=2.9) as panels:
        for axes, measure, label in zip(panels[:2], ("loss", "accuracy"), ("loss (nats)", "error"), strict=True):
            for split, rows in curves[curves.measure == measure].groupby("split"):
                values = rows.value if measure == "loss" else 1 - rows.value
                name = "validation" if split == "valid" else "training, during the epoch"
                style = SPLIT_MARKERS[split] + "-" if len(values) <= 12 else "-"
                axes.plot(rows.epoch, values, style, c=SPLIT_COLOURS[split], ms=4, label=name)
            if best_epoch:
                axes.axvline(best_epoch, color=GREY, lw=0.8, ls=":", label="epoch used")
            axes.set(xlabel="epoch", ylabel=label, yscale="log")
            axes.xaxis.get_major_locator().set_params(integer=True)
            plain_log_ticks(axes.yaxis, percent=measure == "accuracy")
        draw_steps(panels[2], step_losses, c=SPLIT_COLOURS["train"])
        panels[2].set(xlabel="step", ylabel="training loss of the batch (nats)", yscale="log")
        panels[2].xaxis.set_major_locator(MaxNLocator(4))
        plain_log_ticks(panels[2].yaxis, percent=False)
        legend_above(panels[0], 3, title=title)


def draw_steps(axes, losses: np.ndarray, *, band: bool = True, **style) -> None:
    """Mean loss of each hundredth of the training; as a band, the middle 90 % of its batches."""
    if not len(losses):
        return
    parts = np.array_split(losses, min(100, len(losses)))
    ends = np.cumsum([len(part) for part in parts])
    if band:
        low, high = (np.array([np.quantile(part, share) for part in parts]) for share in (0.05, 0.95))
        axes.fill_between(ends, low, high, color=style["c"], alpha=0.25, lw=0)
    axes.plot(ends, [part.mean() for part in parts], lw=1.2, **style)


def draw_subset_curves(path: Path, runs: pd.DataFrame, laws: dict[str, dict[str, Estimate]]) -> None:
    """Loss and error against training-set size, mean and standard deviation over seeds, with the fitted power laws.

    Columns: images, and loss and accuracy of subset, valid and test.
    """
    names = {"subset": "the subset itself", "valid": "validation", "test": "test"}
    with figure(path, 1, 2, height_inches=3.9) as panels:
        for axes, measure in zip(panels, ("loss", "error"), strict=True):
            lowest = 1.0
            for split, name in names.items():
                values = runs[f"{split}_loss"] if measure == "loss" else 1 - runs[f"{split}_accuracy"]
                mean, std = values.groupby(runs.images).mean(), values.groupby(runs.images).std()
                bars = [np.where(std < mean, std, 0.999 * mean), std]  # what reaches zero runs off the lower end
                ends = np.where(std < mean, mean - std, mean)
                lowest = min([lowest, *ends[ends > 0]])
                style = {"fmt": SPLIT_MARKERS[split], "c": SPLIT_COLOURS[split], "capsize": 2, "ms": 4}
                axes.errorbar(mean.index, mean, bars, label=f"{name}, mean ± s.d.", **style)
            if law := laws.get(measure):
                _draw_law(axes, runs.images, law, measure)
            axes.set(xlabel="training images", ylabel="loss (nats)" if measure == "loss" else "error", xscale="log")
            axes.set(yscale="log", ylim=(0.7 * lowest, None), xticks=sorted(runs.images.unique()))
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            axes.xaxis.set_minor_locator(NullLocator())
            plain_log_ticks(axes.yaxis, percent=measure == "error")
        legend_above(panels[0], 2)


def _draw_law(axes, images: pd.Series, law: dict[str, Estimate], measure: str) -> None:
    sizes = np.geomspace(images.min(), images.max())
    line = law["factor"].value * sizes ** law["exponent"].value
    axes.plot(sizes, line, c=SPLIT_COLOURS["test"], lw=1, label="power law fitted to test")
    value, low, high = law["per_decade"][:3]
    axes.set_title(f"ten times the images: test {measure}\n× {value:.2f} ({low:.2f} to {high:.2f})")


def draw_finetuning(path: Path, losses: np.ndarray, rates: np.ndarray, frozen_steps: int, title: str) -> None:
    """The training loss (steps,), and the learning rates (steps, 3) of early layers, late ones and the head by step."""
    with figure(path, 1, 2, height_inches=3.0) as panels:
        draw_steps(panels[0], losses, c=SPLIT_COLOURS["train"])
        panels[0].set(ylabel="training loss of the batch (nats)", yscale="log")
        plain_log_ticks(panels[0].yaxis, percent=False)
        for (name, (style, colour)), column in zip(RATE_STYLES.items(), (2, 1, 0), strict=True):
            panels[1].plot(np.where(rates[:, column] > 0, rates[:, column], np.nan), style, c=colour, label=name)
        panels[1].set(ylabel="learning rate", yscale="log", ylim=(rates.max() * 1e-6, rates.max() * 3))
        for axes in panels:
            axes.axvline(frozen_steps, color=GREY, lw=0.8)
            axes.set(xlabel="step", xlim=(0, len(losses)))
        note = {"va": "top", "fontsize": 7, "color": GREY, "transform": panels[0].get_xaxis_transform()}
        panels[0].text(0.98 * frozen_steps, 0.98, "head\nalone", ha="right", **note)
        panels[0].text(1.04 * frozen_steps, 0.98, "all layers", ha="left", **note)
        legend_above(panels[1], 3, title=title)


def draw_sweep(path: Path, curves: pd.DataFrame, title: str) -> None:
    """Validation error by epoch for each lambda: the mean over seeds, and from the least to the greatest."""
    accuracies = curves[(curves.split == "valid") & (curves.measure == "accuracy")]
    lambdas = sorted(accuracies.weight_decay.unique(), reverse=True)
    with figure(path, height_inches=3.6) as axes:
        for value, style in series_lines(lambdas).items():
            table = accuracies[accuracies.weight_decay == value]
            errors = 1 - table.pivot(index="epoch", columns="seed", values="value")
            axes.fill_between(errors.index, errors.min(axis=1), errors.max(axis=1), color=style["c"], alpha=0.15, lw=0)
            axes.plot(errors.index, errors.mean(axis=1), **style, lw=1.5, label=f"{value:g}")
        axes.set(xlabel="epoch", ylabel="validation error", yscale="log")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        plain_log_ticks(axes.yaxis, percent=True)
        legend_above(
            axes,
            len(lambdas),
            title=f"{title}, by lambda\nline: mean over seeds; shaded: from the least to the greatest",
        )


def plain_log_ticks(axis, *, percent: bool) -> None:
    """Write at least three ticks of a logarithmic axis as plain numbers or percentages."""
    low, high = sorted(axis.get_view_interval())
    steps = [(1,)] * int(high > 1000 * low) + [(1, 2, 5), (1, 1.5, 2, 3, 5, 7), range(1, 10)]
    for locator in (*(LogLocator(subs=subs) for subs in steps), MaxNLocator(4)):
        axis.set_major_locator(locator)
        if sum(low <= tick <= high for tick in locator.tick_values(low, high)) >= 3:
            break
    axis.set_major_formatter(lambda value, _: f"{100 * value:g} %" if percent else f"{value:g}")
    axis.set_minor_locator(NullLocator())
