"""Figures of cells: confusion matrices, wrong labels, pairs of models, each class against the rest."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from vision.figures.style import ALIKE, DOCUMENT, GREY, SPLIT_COLOURS, SPLIT_NAMES, figure, legend_above

SIGNIFICANCE = 0.05  # of a corrected p-value
SMALLEST_P = 0.001  # that is written
PAIRS = f"""Pairs of models on {{}}
Blue: images that both misclassify, in % of those that either does
Yellow: no significant difference, since p of McNemar's test, Holm-corrected, is {SIGNIFICANCE} or more
Empty: p is below {SMALLEST_P}"""
COLUMNS = 5  # of panels, one for each class
CENTRED = {"ha": "center", "va": "center"}


def draw_confusion(path: Path, confusion: np.ndarray, names: list[str], title: str) -> None:
    """Counts in every cell, true classes in rows; the colour shows errors alone, not the diagonal."""
    errors = confusion * (1 - np.eye(len(confusion), dtype=int))
    largest, correct = max(errors.max(), 1), int(np.trace(confusion))
    with figure(path, height_inches=5.6) as axes:
        drawn = axes.imshow(np.ma.masked_equal(errors, 0), cmap="YlOrRd", vmin=0, vmax=largest)
        axes.imshow(np.ma.masked_equal(np.eye(len(confusion)), 0), cmap="Greys", vmin=0, vmax=8)
        for actual, predicted in np.argwhere(confusion):
            count, off = confusion[actual, predicted], actual != predicted
            style = {"c": "white" if off and count > 0.6 * largest else "black", "weight": "bold" if off else "normal"}
            axes.text(predicted, actual, f"{count:,}", size=8, **CENTRED, **style)
        turned = {"rotation": 45, "ha": "right"} if max(map(len, names)) > 3 else {}
        axes.set_xticks(range(len(names)), names, **turned)
        axes.set_yticks(range(len(names)), names)
        axes.set(xlabel="predicted class", ylabel="true class")
        axes.grid(False)
        axes.set_title(f"{title}\n{confusion.sum() - correct:,} errors in {confusion.sum():,} test images")
        bar = {"label": "errors (test images)", "shrink": 0.8, "ticks": MaxNLocator(integer=True)}
        axes.figure.colorbar(drawn, ax=axes, **bar)


def draw_wrong_labels(path: Path, confusions: dict[str, np.ndarray], names: list[str], title: str) -> None:
    """The wrong labels that images of each true class are given, one bar per label and split."""
    rows = -(-len(names) // COLUMNS)
    shared = {"sharex": True, "sharey": True, "squeeze": False}
    with figure(path, rows, COLUMNS, height_inches=1.7 * rows + 0.5, **shared) as panels:
        for axes in panels.flat[len(names) :]:
            axes.set_visible(False)
        width, numbers = 0.8 / len(confusions), np.arange(len(names))
        for label, (axes, name) in enumerate(zip(panels.flat, names, strict=False)):
            for i, (split, confusion) in enumerate(confusions.items()):
                shares = 100 * confusion[label] / max(confusion[label].sum(), 1) * (numbers != label)
                at = numbers + (i - (len(confusions) - 1) / 2) * width
                axes.bar(at, shares, width, color=SPLIT_COLOURS[split], label=f"{SPLIT_NAMES[split]} images")
            axes.set_title(f"true {name}", fontsize=8)
            axes.set_xticks(numbers, names, fontsize=7, rotation=90 if max(map(len, names)) > 3 else 0)
        legend_above(panels[0, 0], 2, title=title)
        panels[0, 0].figure.supxlabel("wrong label", fontsize=9)
        panels[0, 0].figure.supylabel("share of the class (%)", fontsize=9)


def draw_pairs(path: Path, pairs: pd.DataFrame, titles: dict[str, str], dataset: str) -> None:
    """A matrix of models in the order of `titles`: below the diagonal the errors they share, above it p-values."""
    number = {name: i for i, name in enumerate(titles)}
    shared = np.full((len(titles), len(titles)), np.nan)
    with figure(path, height_inches=0.31 * len(titles) + 1.4) as axes:
        for pair in pairs.itertuples():
            low, high = sorted((number[pair.first], number[pair.second]))
            shared[high, low] = 100 * pair.shared
            if alike := pair.p_holm >= SIGNIFICANCE:
                axes.fill_between([high - 0.5, high + 0.5], low - 0.5, low + 0.5, color=ALIKE, lw=0)
            text = f"{pair.p_holm:.3f}".lstrip("0") if pair.p_holm < 1 else "1"
            if pair.p_holm >= SMALLEST_P:
                axes.text(high, low, text, size=7.5, weight="bold" if alike else "normal", **CENTRED)
        axes.imshow(shared, cmap="Blues", vmin=0, vmax=100, aspect="auto")
        for row, column in np.argwhere(~np.isnan(shared)):
            value = shared[row, column]
            axes.text(column, row, f"{value:.0f}", size=9, c="white" if value > 60 else "black", **CENTRED)
        places = range(len(titles))
        axes.set_xticks(places, [str(i + 1) for i in places])
        axes.set_yticks(places, [f"{title}  {i + 1}" for i, title in enumerate(titles.values())])
        axes.tick_params(length=0)
        axes.set(xlim=(-0.5, len(titles) - 0.5), ylim=(len(titles) - 0.5, -0.5), xlabel="model, by its number")
        axes.grid(False)
        axes.figure.suptitle(PAIRS.format(dataset), fontsize=9)


def draw_one_vs_rest(path: Path, names: list[str], counts: dict[str, np.ndarray], reported: np.ndarray | None) -> None:
    """The four counts of every class, of each model and of a document, one under the other in each cell.

    Counts are int (n_classes, 4): true positives, false negatives, false positives, true negatives. The shade shows the
    errors of the first model, as a share of the most that a class has.
    """
    lines = [(title, values, GREY if i else "black") for i, (title, values) in enumerate(counts.items())]
    lines += [] if reported is None else [("document", reported, DOCUMENT)]
    first, rows = np.array(lines[0][1]), -(-len(names) // COLUMNS)
    shares = first / max(first[:, 1:3].max(), 1)
    with figure(path, rows, COLUMNS, height_inches=1.65 * rows + 0.5, squeeze=False) as panels:
        for axes in panels.flat[len(names) :]:
            axes.set_visible(False)
        for i, (axes, name) in enumerate(zip(panels.flat, names, strict=False)):
            _draw_counts(axes, shares[i], [(values[i], colour) for _, values, colour in lines])
            axes.set_title(name, fontsize=9)
            labels = ["this class", "another"] if i + COLUMNS >= len(names) else ["", ""]
            axes.set_xticks([0, 1], labels, fontsize=7)
            axes.set_yticks([0, 1], ["this class", "another"] if i % COLUMNS == 0 else ["", ""], fontsize=7)
        marks = [Line2D([], [], ls="", marker="s", ms=5, c=colour, label=title) for title, _, colour in lines]
        panels[0, 0].figure.legend(handles=marks, loc="outside upper center", ncols=len(lines))
        panels[0, 0].figure.supxlabel("predicted class", fontsize=8)
        panels[0, 0].figure.supylabel("true class of the test images", fontsize=8)


def _draw_counts(axes, shares: np.ndarray, lines: list[tuple[np.ndarray, str]]) -> None:
    shades = plt.get_cmap("Blues")(0.35 * shares)  # pale
    shades[[0, 3]] = plt.get_cmap("Greys")(0.14)
    axes.imshow(shades.reshape(2, 2, 4), aspect="auto")
    for cell in range(4):
        for line, (values, colour) in enumerate(lines):
            y = cell // 2 + 0.3 * (line - (len(lines) - 1) / 2)
            style = {"size": 7} if line else {"size": 8, "weight": "bold"}
            axes.text(cell % 2, y, f"{values[cell]:,}", c=colour, **CENTRED, **style)
    axes.grid(False)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.axhline(0.5, c="white", lw=1.5)
    axes.axvline(0.5, c="white", lw=1.5)
