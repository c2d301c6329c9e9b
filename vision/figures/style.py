"""One look for every figure: sizes, colours and the way a picture is saved."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from vision.pipeline.files import atomic_write

# Ten colours that stay apart in normal vision, protanopia and deuteranopia; tests/figures/test_style.py measures it.
CLASS_COLOURS = (
    "#00818A", "#F7B442", "#17489D", "#EE7D78", "#72004A", "#9DC4F3", "#47860C", "#B967D5", "#5D4404", "#06D9B0",
)  # fmt: skip
SPLIT_COLOURS = {
    "train": "#CC6677", "augmented_train": "#CC6677", "subset": "#CC6677", "valid": "#999933", "test": "#332288",
}  # fmt: skip
SPLIT_NAMES = {"train": "training", "valid": "validation", "test": "test"}
SPLIT_MARKERS = {"train": "s", "augmented_train": "s", "subset": "s", "valid": "^", "test": "o"}
# Lines of an ordered series, from dark to light; where lines coincide, the dashes of the later show the earlier.
SERIES_LINES = [
    {"c": CLASS_COLOURS[i], "ls": dashes}
    for i, dashes in zip((4, 2, 0, 3, 1, 5), ("-", "--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (2, 2))), strict=True)
]
PAGE_INCHES = 7.0
GREY = "#555555"
DOCUMENT = WINNER = "#CC3311"  # what a document reports; the point that a search chose
NULL = "#E5D89B"  # behind values: where a calibrated model, or one more run, would lie
ALIKE = "#FFDD88"  # behind pairs without a significant difference
WRONG = "#882255"

STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.dpi": 266,  # 1,862 pixels across, two for each pixel of the page of the report (58rem), for dense screens
    "figure.constrained_layout.use": True,
    "image.interpolation": "nearest",
}


@contextmanager
def figure(
    path: Path, rows: int = 1, columns: int = 1, *, height_inches: float, colours: int | None = None, **options
) -> Iterator:
    """Make axes in the common style for the block, then save them as a PNG of 256 colours without metadata.

    A user's settings of matplotlib are ignored. With `colours` the PNG is dithered, for photographs and gradients.
    """
    with plt.rc_context():
        matplotlib.rcdefaults()
        plt.rcParams.update(STYLE)
        canvas, axes = plt.subplots(rows, columns, figsize=(PAGE_INCHES, height_inches), **options)
        try:
            yield axes
            picture = reduce_colours(render(canvas), colours)
            with atomic_write(path) as temporary:
                picture.save(temporary, "PNG", optimize=True)
        finally:
            plt.close(canvas)


def render(canvas: Figure) -> Image.Image:
    """The pixels of a figure, drawn once; `savefig` draws twice."""
    canvas.canvas.draw()
    return Image.fromarray(np.asarray(canvas.canvas.buffer_rgba())).convert("RGB")


def reduce_colours(picture: Image.Image, colours: int | None) -> Image.Image:
    """A picture of 256 colours, or dithered of these many."""
    if colours is None:
        return picture.quantize(256, Image.Quantize.MEDIANCUT)
    few = picture.quantize(colours, Image.Quantize.FASTOCTREE)
    palette = np.array(few.getpalette(), np.uint8).reshape(-1, 3)
    palette[palette.sum(1).argmax()] = 255  # paper, which the octree makes a little grey
    few.putpalette(palette.tobytes())
    return picture.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG)


def series_lines(values: Iterable) -> dict:
    """The line style of each value of an ordered series, by value; those of more than six values repeat."""
    return dict(zip(values, cycle(SERIES_LINES), strict=False))


def legend_above(axes, columns: int, **options) -> None:
    """A legend of what these axes show, above all axes of their figure."""
    marks = axes.get_legend_handles_labels()
    legend = axes.figure.legend(*marks, loc="outside upper center", ncols=columns, **options)
    legend.get_title().set_multialignment("center")


def blank(axes) -> None:
    """Hide every tick and frame, for axes that show a picture."""
    axes.set(xticks=[], yticks=[])
    axes.grid(False)
    axes.spines[:].set_visible(False)
