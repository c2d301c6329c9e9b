"""Figures of searches: lambda, and the grid of learning rate, batch size and width."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, NullLocator

from vision.figures.curves import draw_steps, plain_log_ticks
from vision.figures.style import GREY, SPLIT_COLOURS, WINNER, figure, legend_above, series_lines


def draw_lambda_search(
    path: Path, runs: pd.DataFrame, accuracies: list[np.ndarray], losses: list[np.ndarray], title: str
) -> None:
    """Validation error by epoch and against lambda, training loss by step, of the runs of one round of a search."""
    common = runs[~runs.new_seed].sort_values("weight_decay", ascending=False, kind="stable").index.to_numpy()
    lambdas, errors = runs.weight_decay.to_numpy(), 1 - runs.score.where(~runs.diverged).to_numpy()
    with figure(path, 1, 3, height_inches=3.2) as (by_epoch, by_lambda, by_step):
        for i, style in series_lines(common).items():
            epochs = np.arange(1, len(accuracies[i]) + 1)
            by_epoch.plot(epochs, 1 - accuracies[i], **style, label=f"{lambdas[i]:g}", lw=1.2)
            draw_steps(by_step, losses[i], band=False, **style)
        by_lambda.plot(lambdas[common], errors[common], "o-", c=GREY, ms=4, lw=1)
        by_lambda.plot(lambdas[runs.new_seed], errors[runs.new_seed], "x", c=SPLIT_COLOURS["test"], ms=5)
        winner = runs.weight_decay[runs.winner].iloc[0]
        by_lambda.axvline(winner, color=GREY, lw=0.8, ls=":")
        by_lambda.set_title(f"● one seed   × new seeds\n┊ chosen: {winner:g}", fontsize=8)
        scale = {"value": "symlog", "linthresh": lambdas[lambdas > 0].min()} if not lambdas.all() else {"value": "log"}
        by_lambda.set_xscale(**scale)
        by_lambda.set(yscale="log", xlabel="lambda", ylabel="mean validation error")
        by_lambda.set_xticks(lambdas[common], [f"{value:g}" for value in lambdas[common]], rotation=60, fontsize=7)
        by_lambda.xaxis.set_minor_locator(NullLocator())
        by_epoch.set(xlabel="epoch", yscale="log", ylabel="validation error")
        for axes in (by_epoch, by_lambda):
            plain_log_ticks(axes.yaxis, percent=True)
        by_epoch.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        by_step.set(xlabel="step", ylabel="training loss (nats)", yscale="log")
        by_step.xaxis.set_major_locator(MaxNLocator(3))
        plain_log_ticks(by_step.yaxis, percent=False)
        legend_above(by_epoch, len(common), title=f"{title}, by lambda")


def draw_grid_curves(path: Path, runs: pd.DataFrame, accuracies: list[np.ndarray], title: str) -> None:
    """Validation error by epoch of every point of a grid: a panel per rate and batch size, a line per width."""
    rates, sizes, widths = _grid_values(runs)
    styles, height = series_lines(widths), 2.1 * len(rates) + 0.6
    with figure(path, len(rates), len(sizes), height_inches=height, sharex=True, sharey=True, squeeze=False) as panels:
        for row, accuracy in zip(runs.itertuples(), accuracies, strict=True):
            axes = panels[rates.index(row.lr), sizes.index(row.batch_size)]
            epochs = np.arange(1, len(accuracy) + 1)
            axes.plot(epochs, 1 - accuracy, **styles[row.hidden], label=f"{row.hidden:g}", lw=1.2)
            axes.set(yscale="log")
            axes.set_title(f"learning rate {row.lr:g}, batches of {row.batch_size:g}", fontsize=8)
        panels[0, 0].xaxis.set_major_locator(MaxNLocator(5, integer=True))
        for axes in panels[-1]:
            axes.set_xlabel("epoch")
        plain_log_ticks(panels[0, 0].yaxis, percent=True)
        panels[0, 0].figure.supylabel("validation error", fontsize=9)
        legend_above(panels[0, 0], len(widths), title=f"{title}, by number of hidden units")


def draw_grid(path: Path, runs: pd.DataFrame, title: str) -> None:
    """The score of every point of a grid as a heat map, one for each learning rate, the winner framed."""
    rates, sizes, widths = _grid_values(runs)
    runs = runs.assign(score=100 * runs.score.where(~runs.diverged))
    lowest, highest = runs.score.min(), runs.score.max()
    with figure(path, 1, len(rates), height_inches=0.5 * len(sizes) + 1.7, sharey=True, squeeze=False) as panels:
        for axes, rate in zip(panels[0], rates, strict=True):
            chosen = runs[runs.lr == rate]
            table = chosen.pivot(index="batch_size", columns="hidden", values="score").to_numpy()
            drawn = axes.imshow(table, cmap="viridis", vmin=lowest, vmax=highest, aspect="auto")
            for (row, column), value in np.ndenumerate(table):
                dark = value < lowest + 0.6 * (highest - lowest)
                text = "diverged" if np.isnan(value) else f"{value:.2f}"
                axes.text(column, row, text, ha="center", va="center", c="white" if dark else "black", size=8)
            for point in chosen[chosen.winner].itertuples():
                corner = widths.index(point.hidden) - 0.5, sizes.index(point.batch_size) - 0.5
                axes.add_patch(Rectangle(corner, 1, 1, fill=False, ec=WINNER, lw=2.5))
            axes.set(xlabel="hidden units", title=f"learning rate {rate:g}")
            axes.set_xticks(range(len(widths)), [f"{width:g}" for width in widths])
            axes.set_yticks(range(len(sizes)), [f"{size:g}" for size in sizes])
            axes.grid(False)
        panels[0, 0].set_ylabel("batch size")
        canvas = panels[0, 0].figure
        canvas.colorbar(drawn, ax=panels, label="mean validation accuracy (%)", pad=0.02)
        canvas.suptitle(title, fontsize=9)


def _grid_values(runs: pd.DataFrame) -> tuple[list, list, list]:
    return sorted(runs.lr.unique(), reverse=True), sorted(runs.batch_size.unique()), sorted(runs.hidden.unique())
