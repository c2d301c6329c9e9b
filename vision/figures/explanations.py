"""What a network sees: a filter's rise, which pixels speak for a class, and one channel of every layer."""

from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from vision.figures.activations import shared_scale
from vision.figures.style import CLASS_COLOURS, GREY, blank, figure

TOP_PERCENTILE = 99
BLOCK_ENDS = "MaxPool2d"
SHORT = {"Conv3x3": "conv", "BatchNorm2d": "norm", "ReLU": "ReLU", "MaxPool2d": "pool"}


class Explained(NamedTuple):
    """An image, what is said of it, and the explanations of one logit.

    Attributes:
        image: uint8 (3, H, W)
        note: beside it
        gradient: float (3, H, W)
        grey: float (H, W), in [0, 1], the strength of that gradient
        integrated: float (H, W), with sign
        grad_cam: float (h, w), with sign
    """

    image: np.ndarray
    note: str
    gradient: np.ndarray
    grey: np.ndarray
    integrated: np.ndarray
    grad_cam: np.ndarray


def draw_maximised(
    path: Path, frames: np.ndarray, responses: np.ndarray, every: int, notes: list[str], title: str
) -> None:
    """A row for each start: what it becomes, frame by frame; below, how the response rises (row F15).

    Args:
        frames: uint8 (N, K, 3, H, W), the start first
        responses: float (N, 1 + iterations)
        every: iterations between frames
        notes: of each start, beside it; the first line names it
    """
    count, columns = frames.shape[:2]
    widths, heights = [2.2, *[1] * columns], [*[1] * count, 2.2]
    options = {"gridspec_kw": {"width_ratios": widths, "height_ratios": heights}, "squeeze": False}
    inch = 7 / sum(widths)
    with figure(
        path, count + 1, 1 + columns, height_inches=inch * (sum(heights) + 0.25 * count) + 0.9, **options
    ) as panels:
        canvas, grid = panels[0, 0].figure, panels[0, 0].get_gridspec()
        canvas.suptitle(title, fontsize=9)
        for axes in panels[-1]:
            axes.remove()
        for row, (axes, note) in enumerate(zip(panels[:-1], notes, strict=True)):
            _write(axes[0], note)
            for place, one in enumerate(axes[1:]):
                _show(one, frames[row, place])
                one.set_xlabel(f"{responses[row, place * every]:.2f}", fontsize=7, labelpad=2, color=GREY)
                if row == 0:
                    one.set_title(f"{place * every}", fontsize=8, pad=3)
        panels[0, 1].set_title("iteration 0", fontsize=8, pad=3)
        _draw_rise(canvas.add_subplot(grid[-1, :]), responses, [note.split("\n")[0] for note in notes])


def _draw_rise(axes, responses: np.ndarray, names: list[str]) -> None:
    """The response at each iteration, a line for each start."""
    for values, name, colour in zip(responses, names, cycle(CLASS_COLOURS), strict=False):
        axes.plot(values, color=colour, label=name, lw=1.4)
    axes.set(xlabel="iteration", ylabel="mean response,\nas below the pictures", xlim=(0, responses.shape[1] - 1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(fontsize=7, loc="lower right", ncols=2)


def draw_saliency(path: Path, rows: list[Explained], heads: list[str], title: str, note: str) -> None:
    """A row for each image: itself, its gradient in colour and in grey, integrated gradients, Grad-CAM (row F16).

    Args:
        heads: of the image and the four explanations
        note: below all
    """
    options = {"gridspec_kw": {"width_ratios": [1.5, 1, 1, 1, 1, 1]}, "squeeze": False}
    with figure(path, len(rows), 6, height_inches=1.06 * len(rows) + 1.25, dpi=200, colours=256, **options) as panels:
        canvas = panels[0, 0].figure
        canvas.suptitle(title, fontsize=9)
        canvas.supxlabel(note, fontsize=7.5, color=GREY)
        canvas.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
        for axes, one in zip(panels, rows, strict=True):
            _write(axes[0], one.note)
            _show(axes[1], one.image)
            axes[2].imshow(_around_grey(one.gradient).transpose(1, 2, 0))
            axes[3].imshow(one.grey, cmap="gray", vmin=0, vmax=1)
            axes[4].imshow(one.integrated, cmap="RdBu_r", norm=_around_zero(one.integrated))
            _overlay(axes[5], one.image, one.grad_cam)
            for each in axes[1:]:
                blank(each)
        for axes, head in zip(panels[0, 1:], heads, strict=True):
            axes.set_title(head, fontsize=7, pad=4)


def draw_layers(
    path: Path, images: np.ndarray, layers: list[tuple[str, str, np.ndarray]], titles: list[str], note: str
):
    """One channel of every layer, block by block, of each image; a layer has one scale for all images (row F17).

    Args:
        images: uint8 (N, 3, H, W)
        layers: name, kind and maps float (N, h, w), first to last; a block ends with its pooling
        titles: of each image
        note: below all
    """
    blocks = _in_blocks(layers)
    columns, across = max(map(len, blocks)), len(blocks)
    heights = [0.3, *[1] * across] * len(images)  # the title of an image has a row of its own
    options = {"gridspec_kw": {"height_ratios": heights}, "dpi": 200, "colours": 256, "squeeze": False}
    with figure(path, len(heights), 1 + columns, height_inches=0.87 * sum(heights) + 0.2, **options) as panels:
        canvas = panels[0, 0].figure
        canvas.supxlabel(note, fontsize=7.5, color=GREY)
        canvas.get_layout_engine().set(w_pad=0.015, h_pad=0.015, wspace=0.01, hspace=0.01)
        for axes in panels.flat:
            axes.set_visible(False)
        for number, (image, title) in enumerate(zip(images, titles, strict=True)):
            head, *rows = panels[number * (1 + across) :][: 1 + across]
            blank(head[0])
            head[0].set_visible(True)
            words = head[0].text(0, 0.2, title, fontsize=9, transform=head[0].transAxes)
            words.set_in_layout(False)  # else the first column would be as wide
            _show(rows[0][0], image)
            rows[0][0].set_title("input", fontsize=6, pad=1.5)
            for row, block in zip(rows, blocks, strict=True):
                for axes, (name, kind, maps) in zip(row[1:], block, strict=False):
                    _draw_channel(axes, maps, number, f"{name.removeprefix('features_')} {SHORT.get(kind, kind)}")


def _in_blocks(layers: list[tuple[str, str, np.ndarray]]) -> list[list[tuple[str, str, np.ndarray]]]:
    """Layers up to each pooling."""
    blocks: list = [[]]
    for layer in layers:
        blocks[-1].append(layer)
        if layer[1] == BLOCK_ENDS:
            blocks.append([])
    return [block for block in blocks if block]


def _draw_channel(axes, maps: np.ndarray, number: int, name: str) -> None:
    """One image's map, on the scale of all of them; × where it is zero everywhere."""
    colours, limits = shared_scale(maps)
    blank(axes)
    axes.set_visible(True)
    axes.imshow(maps[number], cmap=colours, norm=limits)
    if not maps[number].any():
        axes.plot(0.5, 0.5, transform=axes.transAxes, ls="", marker="x", ms=7, mew=1, c="#BBBBBB")
    axes.set_title(name, fontsize=6, pad=1.5)
    end = f"{'±' if limits.vmin else ''}{limits.vmax:.2g}"
    axes.set_xlabel(f"{maps.shape[-1]} px, {end}", fontsize=5.5, labelpad=1, color=GREY)


def _write(axes, note: str) -> None:
    """Words in a place of their own: the first line names what stands beside."""
    blank(axes)
    name, _, rest = note.partition("\n")
    for words, height, look in ((name, 1, {"fontsize": 7.5, "weight": "bold"}), (rest, 0.82, {"fontsize": 6.5})):
        place = axes.text(0, height, words, va="top", transform=axes.transAxes, **look)
        place.set_in_layout(False)  # else the pictures beside would shrink


def _show(axes, image: np.ndarray) -> None:
    """An image, uint8 (3, H, W)."""
    blank(axes)
    axes.set_visible(True)
    axes.imshow(image.transpose(1, 2, 0))


def _around_grey(gradient: np.ndarray) -> np.ndarray:
    """A gradient (3, H, W) as colours in [0, 1]: 0 is the grey in the middle, the 99th percentile the end."""
    return (0.5 + gradient / (2 * _largest(gradient))).clip(0, 1)


def _around_zero(values: np.ndarray) -> Normalize:
    return Normalize(-_largest(values), _largest(values))


def _largest(values: np.ndarray) -> float:
    """The 99th percentile of the absolute values; 1 where that is 0."""
    return float(np.percentile(np.abs(values), TOP_PERCENTILE)) or 1.0


def _overlay(axes, image: np.ndarray, values: np.ndarray) -> None:
    """A coarse map over the image in pale grey, as wide as it is, smooth between the middles of its values."""
    height, width = image.shape[1:]
    axes.imshow(image.mean(0), cmap="gray", vmin=-120, vmax=255)
    extent = (-0.5, width - 0.5, height - 0.5, -0.5)
    axes.imshow(values, cmap="RdBu_r", norm=_around_zero(values), extent=extent, interpolation="bilinear", alpha=0.6)
