"""Two-by-two tables, one for each class against all others."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D

from vision.figures.style import DOCUMENT, GREY, figure

COLUMNS = 5


def draw_one_vs_rest(
    path: Path, names: list[str], counts: dict[str, list[list[int]]], printed: list[list[int]]
) -> None:
    """The four counts of every class, of each model and of a document, one under the other in each cell (row F13).

    The shade shows the mistakes of the first model, as a share of the most that a class has.

    Args:
        counts: by the title of the model, int (n_classes, 4): true positives, false negatives, false positives, true
            negatives
        printed: the same of the document, or nothing
    """
    lines = [(title, values, "black" if place == 0 else GREY) for place, (title, values) in enumerate(counts.items())]
    lines += [("document", printed, DOCUMENT)] if printed else []
    first = np.array(lines[0][1])
    most = max(first[:, 1:3].max(), 1)
    rows = -(-len(names) // COLUMNS)
    with figure(path, rows, COLUMNS, height_inches=1.65 * rows + 0.5, squeeze=False) as panels:
        for axes in panels.flat[len(names) :]:
            axes.set_visible(False)
        for place, (axes, name) in enumerate(zip(panels.flat, names, strict=False)):
            _draw_table(axes, first[place] / most, [(values[place], colour) for _, values, colour in lines])
            axes.set_title(name, fontsize=9)
            last = place + COLUMNS >= len(names)
            axes.set_xticks([0, 1], ["named so", "otherwise"] if last else ["", ""], fontsize=7)
            axes.set_yticks([0, 1], ["of it", "of others"] if place % COLUMNS == 0 else ["", ""], fontsize=7)
        canvas = panels[0, 0].figure
        marks = [Line2D([], [], ls="", marker="s", ms=5, c=colour, label=title) for title, _, colour in lines]
        canvas.legend(handles=marks, loc="outside upper center", ncols=len(lines))
        canvas.supylabel("test images", fontsize=8)


def _draw_table(axes, shares: np.ndarray, lines: list[tuple[list[int], str]]) -> None:
    """Four cells, mistakes shaded by their share of the most, with one number a line in each."""
    shades = plt.get_cmap("Blues")(0.35 * shares)  # pale, as numbers in three colours stand on it
    shades[[0, 3]] = plt.get_cmap("Greys")(0.14)
    axes.imshow(shades.reshape(2, 2, 4), aspect="auto")
    for cell in range(4):
        row, column = divmod(cell, 2)
        for line, (values, colour) in enumerate(lines):
            place = row + 0.3 * (line - (len(lines) - 1) / 2)
            weight = "normal" if line else "bold"
            text = {"ha": "center", "va": "center", "size": 7 if line else 8, "c": colour, "weight": weight}
            axes.text(column, place, f"{values[cell]:,}", **text)
    axes.grid(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.axhline(0.5, c="white", lw=1.5)
    axes.axvline(0.5, c="white", lw=1.5)
