"""Figures of many points or cells: confusion matrices, wrong labels, embeddings in two dimensions."""

from pathlib import Path

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from vision.figures.style import CLASS_COLOURS, SPLIT_COLOURS, blank, figure


def draw_confusion(path: Path, confusion: np.ndarray, names: list[str]) -> None:
    """Counts in every cell; the colour shows mistakes alone, so that the diagonal does not drown them (bug B0.9).

    Args:
        confusion: int (n_classes, n_classes), rows are true classes
    """
    mistakes = confusion * (1 - np.eye(len(confusion), dtype=int))
    largest = max(mistakes.max(), 1)
    with figure(path, height_inches=5.6) as axes:
        drawn = axes.imshow(np.ma.masked_equal(mistakes, 0), cmap="YlOrRd", vmin=0, vmax=largest)
        axes.imshow(np.ma.masked_equal(np.eye(len(confusion)), 0), cmap="Greys", vmin=0, vmax=8)
        for (actual, predicted), count in np.ndenumerate(confusion):
            if count:
                hit = actual == predicted
                dark = not hit and count > 0.6 * largest
                colour = "white" if dark else "black"
                weight = "normal" if hit else "bold"
                axes.text(predicted, actual, f"{count:,}", ha="center", va="center", c=colour, weight=weight, size=8)
        axes.set(xlabel="predicted class", ylabel="true class", xticks=range(len(names)), yticks=range(len(names)))
        long_names = max(map(len, names)) > 3
        axes.set_xticklabels(names, rotation=45 if long_names else 0, ha="right" if long_names else "center")
        axes.set_yticklabels(names)
        axes.grid(False)
        hits = int(np.trace(confusion))
        axes.set_title(f"{confusion.sum() - hits:,} mistakes on {confusion.sum():,} test images")
        axes.figure.colorbar(
            drawn, ax=axes, label="mistakes (test images)", shrink=0.8, ticks=MaxNLocator(integer=True)
        )


def draw_wrong_labels(path: Path, confusions: dict[str, np.ndarray], names: list[str]) -> None:
    """For each true class, what its misclassified images were taken for, one bar per label (row L10, bug B3.8).

    Args:
        confusions: int (n_classes, n_classes) of each split by its name, rows are true classes
    """
    columns = 5
    rows = -(-len(names) // columns)
    with figure(path, rows, columns, height_inches=1.7 * rows + 0.5, sharex=True, sharey=True, squeeze=False) as panels:
        for axes in panels.flat[len(names) :]:
            axes.set_visible(False)
        for label, (axes, name) in enumerate(zip(panels.flat, names, strict=False)):
            for place, (split, confusion) in enumerate(confusions.items()):
                shares = 100 * confusion[label] / max(confusion[label].sum(), 1)
                shares[label] = 0
                width = 0.8 / len(confusions)
                at = np.arange(len(names)) + (place - (len(confusions) - 1) / 2) * width
                axes.bar(at, shares, width, color=SPLIT_COLOURS[split], label=f"{split} images")
            axes.set_title(f"true {name}", fontsize=8)
            axes.set_xticks(range(len(names)), names, fontsize=7, rotation=90 if max(map(len, names)) > 3 else 0)
        canvas = panels[0, 0].figure
        canvas.legend(*panels[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)
        canvas.supxlabel("label given in error", fontsize=9)
        canvas.supylabel("share of the class (%)", fontsize=9)


def draw_representations(
    path: Path, embeddings: dict[str, dict[str, np.ndarray]], labels: np.ndarray, names: list[str]
) -> None:
    """One row per way of embedding, one column per layer, points in their class's colour (rows P14, P15).

    Args:
        embeddings: float (N, 2) by way, then by the title of the panel
    """
    rows, columns = len(embeddings), len(next(iter(embeddings.values())))
    colours = np.array(CLASS_COLOURS)[labels % len(CLASS_COLOURS)]
    with figure(path, rows, columns, height_inches=2.6 * rows + 0.5, squeeze=False) as panels:
        for row, (way, layers) in zip(panels, embeddings.items(), strict=True):
            for axes, (title, points) in zip(row, layers.items(), strict=True):
                axes.scatter(*points.T, c=colours, s=1.5, linewidths=0)
                _name_clusters(axes, points, labels, names, size=7)
                blank(axes)
                axes.set_title(title, fontsize=8)
            row[0].set_ylabel(way)
        marks = _class_marks(names)
        columns = len(names) if max(map(len, names)) <= 3 else 5
        panels[0, 0].figure.legend(handles=marks, loc="outside lower center", ncols=columns, columnspacing=1.0)


def draw_spaces(path: Path, spaces: dict[str, tuple[np.ndarray, np.ndarray]], names: list[str], columns: int) -> None:
    """Spaces in two dimensions side by side, points in their class's colour, classes named where they lie.

    Args:
        spaces: by the title of the panel, points float (N, 2) and labels int (N,)
    """
    rows = -(-len(spaces) // columns)
    with figure(path, rows, columns, height_inches=2.75 * rows + 0.4, squeeze=False) as panels:
        for axes in panels.flat:
            blank(axes)
        for axes, (title, (points, labels)) in zip(panels.flat, spaces.items(), strict=False):
            axes.scatter(*points.T, c=np.array(CLASS_COLOURS)[labels % len(CLASS_COLOURS)], s=1.2, linewidths=0)
            if max(map(len, names)) <= 3:
                _name_clusters(axes, points, labels, names, size=7)
            axes.set_aspect("equal", adjustable="datalim")
            axes.set_title(title, fontsize=7.5)
        columns = len(names) if max(map(len, names)) <= 3 else 5
        panels[0, 0].figure.legend(
            handles=_class_marks(names), loc="outside lower center", ncols=columns, columnspacing=1.0
        )


def draw_embedding(
    path: Path, points: np.ndarray, labels: np.ndarray, wrong: np.ndarray, names: list[str], title: str
) -> None:
    """Points in their class's colour, misclassified images ringed, each class named beside the plot.

    Args:
        points: float (N, 2)
        wrong: bool (N,), which images the model misclassified
    """
    with figure(path, height_inches=5.6) as axes:
        colours = np.array(CLASS_COLOURS)[labels % len(CLASS_COLOURS)]
        axes.scatter(*points.T, c=colours, s=3, linewidths=0)
        axes.scatter(*points[wrong].T, facecolors="none", edgecolors="black", s=22, linewidths=0.7)
        _name_clusters(axes, points, labels, names, size=11)
        blank(axes)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set(title=title, xlabel="t-SNE dimension 1 (no unit)", ylabel="t-SNE dimension 2 (no unit)")
        marks = _class_marks(names)
        marks.append(Line2D([], [], marker="o", ls="", mfc="none", mec="black", label="misclassified"))
        axes.legend(handles=marks, loc="center left", bbox_to_anchor=(1.0, 0.5), title="true class")


def _class_marks(names: list[str]) -> list[Line2D]:
    """A legend's mark for each class."""
    colours = [CLASS_COLOURS[label % len(CLASS_COLOURS)] for label in range(len(names))]
    marks = zip(colours, names, strict=True)
    return [Line2D([], [], marker="o", ls="", c=colour, label=name) for colour, name in marks]


def _name_clusters(axes, points: np.ndarray, labels: np.ndarray, names: list[str], size: float) -> None:
    """Write each class's name at the median of its points."""
    box = {"fc": "white", "ec": "none", "alpha": 0.75, "pad": 0.1 * size}
    for label in np.unique(labels):
        place = np.median(points[labels == label], axis=0)
        axes.text(*place, names[label], ha="center", va="center", weight="bold", size=size, bbox=box)
