"""Embeddings in two dimensions: points in the colours of their classes."""

from pathlib import Path

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from vision.figures.style import CLASS_COLOURS, blank, figure


def draw_embedding(
    path: Path, points: np.ndarray, labels: np.ndarray, wrong: np.ndarray, names: list[str], title: str
) -> None:
    """One embedding, float (N, 2), with misclassified images (`wrong`) edged in black."""
    with figure(path, height_inches=5.6) as axes:
        _draw_points(axes, points, labels, names, size=3, text=11)
        colours = np.array(CLASS_COLOURS)[labels[wrong]]
        axes.scatter(*points[wrong].T, c=colours, edgecolors="black", s=9, linewidths=0.6)  # hides no other point
        axes.set_aspect("equal", adjustable="datalim")
        axes.set(title=title, xlabel="t-SNE dimension 1 (no unit)", ylabel="t-SNE dimension 2 (no unit)")
        edged = Line2D([], [], marker="o", ls="", mfc="none", mec="black", ms=3.5, mew=0.6, label="misclassified")
        marks = [*_class_marks(names), edged]
        axes.legend(handles=marks, loc="center left", bbox_to_anchor=(1.0, 0.5), title="true class")


def draw_embeddings(
    path: Path, panels: list[tuple[str, np.ndarray, np.ndarray]], names: list[str], columns: int, rows: tuple = ()
) -> None:
    """Embeddings side by side: title, points float (N, 2) and labels int (N,) each; names of rows."""
    count = -(-len(panels) // columns)
    with figure(path, count, columns, height_inches=2.7 * count + 0.45, squeeze=False) as grid:
        for axes in grid.flat:
            blank(axes)
        for axes, (title, points, labels) in zip(grid.flat, panels, strict=False):
            _draw_points(axes, points, labels, names, size=1.4, text=7)
            axes.set_aspect("equal", adjustable="datalim")
            axes.set_title(title, fontsize=7.5)
        for axes, name in zip(grid[:, 0], rows, strict=False):
            axes.set_ylabel(name)
        ncols = len(names) if max(map(len, names)) <= 3 else 5
        style = {"loc": "outside lower center", "ncols": ncols, "columnspacing": 1.0}
        grid[0, 0].figure.legend(handles=_class_marks(names), **style)


def _draw_points(axes, points: np.ndarray, labels: np.ndarray, names: list[str], size: float, text: float) -> None:
    axes.scatter(*points.T, c=np.array(CLASS_COLOURS)[labels], s=size, linewidths=0)
    halo = [withStroke(linewidth=0.25 * text, foreground="white")]
    for label in np.unique(labels):
        middle = np.median(points[labels == label], axis=0)
        axes.text(
            *middle, names[label], ha="center", va="center", weight="bold", size=text, path_effects=halo, zorder=3
        )
    blank(axes)


def _class_marks(names: list[str]) -> list[Line2D]:
    marks = zip(CLASS_COLOURS, names, strict=False)
    return [Line2D([], [], marker="o", ls="", c=colour, label=name) for colour, name in marks]
