"""Figures of numbers against numbers."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from vision.figures.style import GREY, SPLIT_COLOURS, SPLIT_MARKERS, figure


def draw_training_curves(path: Path, curves: pd.DataFrame, best_epoch: int, step_losses: np.ndarray) -> None:
    """Loss and error of each split by epoch, the kept epoch marked, and the training loss of every step.

    Args:
        curves: columns epoch, split, measure (loss or accuracy), value
        step_losses: float (n_steps,)
    """
    with figure(path, 1, 3, height_inches=2.9) as panels:
        for axes, measure, label in zip(panels[:2], ("loss", "accuracy"), ("loss (nats)", "error"), strict=True):
            for split, rows in curves[curves.measure == measure].groupby("split"):
                values = rows.value if measure == "loss" else 1 - rows.value
                name = {"augmented_train": "training, while learning", "valid": "validation"}[split]
                style = SPLIT_MARKERS[split] + "-" if len(values) <= 12 else "-"
                axes.plot(rows.epoch, values, style, c=SPLIT_COLOURS[split], ms=4, label=name)
            if best_epoch:
                axes.axvline(best_epoch, color=GREY, lw=0.8, ls=":", label="epoch kept")
            axes.set(xlabel="epoch", ylabel=label, yscale="log")
            axes.xaxis.get_major_locator().set_params(integer=True)
            plain_log_ticks(axes.yaxis, percent=measure == "accuracy")
        draw_steps(panels[2], step_losses, SPLIT_COLOURS["train"], label=None)
        panels[2].set(xlabel="step", ylabel="training loss of the batch (nats)", yscale="log")
        panels[2].xaxis.set_major_locator(MaxNLocator(4))
        plain_log_ticks(panels[2].yaxis, percent=False)
        panels[0].figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def draw_steps(axes, losses: np.ndarray, colour: str, *, label: str | None, band: bool = True) -> None:
    """Mean loss of each hundredth of the training, and the middle nine tenths of its batches as a band if asked for."""
    if not len(losses):
        return
    parts = np.array_split(losses, min(100, len(losses)))
    ends = np.cumsum([len(part) for part in parts])
    if band:
        low, high = (np.array([np.quantile(part, share) for part in parts]) for share in (0.05, 0.95))
        axes.fill_between(ends, low, high, color=colour, alpha=0.25, lw=0)
    axes.plot(ends, [part.mean() for part in parts], c=colour, lw=1.2, label=label)


def draw_subset_curves(path: Path, runs: pd.DataFrame, laws: dict[str, dict[str, float]]) -> None:
    """Loss and error against training-set size, mean and standard deviation over seeds, with the fitted power laws.

    Args:
        runs: one row per run: images, subset_loss, subset_accuracy, and the same of valid and test
        laws: test_loss and test_error, each with factor, exponent, per_decade and its interval
    """
    names = {"subset": "the subset itself", "valid": "validation", "test": "test"}
    with figure(path, 1, 2, height_inches=3.9) as panels:
        for axes, measure in zip(panels, ("loss", "error"), strict=True):
            lowest = 1.0
            for split, name in names.items():
                values = runs[f"{split}_loss"] if measure == "loss" else 1 - runs[f"{split}_accuracy"]
                by_size = values.groupby(runs.images)
                mean, std = by_size.mean(), by_size.std()
                # A bar that reaches zero, which a logarithmic axis has not, runs off its lower end.
                bars = [np.where(std < mean, std, 0.999 * mean), std]
                ends = np.where(std < mean, mean - std, mean)
                lowest = min([lowest, *ends[ends > 0]])
                axes.errorbar(
                    mean.index, mean, bars, fmt=SPLIT_MARKERS[split], c=SPLIT_COLOURS[split], capsize=2, ms=4,
                    label=f"{name}, mean ± s.d.",
                )  # fmt: skip
            if law := laws.get(f"test_{measure}"):
                sizes = np.geomspace(runs.images.min(), runs.images.max())
                line = law["factor"] * sizes ** law["exponent"]
                axes.plot(sizes, line, c=SPLIT_COLOURS["test"], lw=1, label="power law fitted to test")
                low, high = law["per_decade_low"], law["per_decade_high"]
                title = f"ten times the images: test {measure}\n× {law['per_decade']:.2f} ({low:.2f} to {high:.2f})"
                axes.set_title(title)
            axes.set(xlabel="training images", ylabel="loss (nats)" if measure == "loss" else "error", xscale="log")
            axes.set(yscale="log", ylim=(0.7 * lowest, None), xticks=sorted(runs.images.unique()))
            axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
            axes.xaxis.set_minor_locator(NullLocator())
            plain_log_ticks(axes.yaxis, percent=measure == "error")
        panels[0].figure.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=2)


def plain_log_ticks(axis, *, percent: bool) -> None:
    """Write the ticks of a logarithmic axis as plain numbers or percentages.

    At 1, 2 and 5 of each decade; where fewer than three of them lie on the axis, as drawn until now, at finer steps.
    """
    low, high = sorted(axis.get_view_interval())
    steps = ((1, 2, 5), (1, 1.5, 2, 3, 5, 7), range(1, 10))
    for locator in (*(LogLocator(subs=subs) for subs in steps), MaxNLocator(4)):
        axis.set_major_locator(locator)
        if sum(low <= tick <= high for tick in locator.tick_values(low, high)) >= 3:
            break
    axis.set_major_formatter(lambda value, _: f"{100 * value:g} %" if percent else f"{value:g}")
    axis.set_minor_locator(NullLocator())
