"""Figures that explain a network: a maximised filter, attributions of a class, and one channel of every layer."""

from collections.abc import Mapping, Sequence
from itertools import cycle, pairwise
from pathlib import Path

import numpy as np
from matplotlib.ticker import MaxNLocator

from vision.figures.activations import shared_scale
from vision.figures.pictures import show_image
from vision.figures.style import CLASS_COLOURS, GREY, blank, figure

BLOCK_ENDS = "MaxPool2d"
SHORT = {"Conv3x3": "conv", "BatchNorm2d": "norm", "ReLU": "ReLU", "MaxPool2d": "pool"}


def draw_maximised(
    path: Path, frames: np.ndarray, responses: np.ndarray, every: int, notes: list[str], title: str
) -> None:
    """A row of frames, uint8 (N, K, 3, H, W), for each start, one in `every` iterations; below, the responses.

    Responses are float (N, 1 + iterations). The first line of a note names the start.
    """
    count, columns = frames.shape[:2]
    widths, heights = [2.2, *[1] * columns], [*[1] * count, 2.2]
    options = {"gridspec_kw": {"width_ratios": widths, "height_ratios": heights}, "squeeze": False}
    height = 7 / sum(widths) * (sum(heights) + 0.25 * count) + 0.9
    with figure(path, count + 1, 1 + columns, height_inches=height, **options) as panels:
        canvas, grid = panels[0, 0].figure, panels[0, 0].get_gridspec()
        canvas.suptitle(title, fontsize=9)
        for axes in panels[-1]:
            axes.remove()
        for row, (axes, note) in enumerate(zip(panels[:-1], notes, strict=True)):
            _write(axes[0], note)
            for frame, panel in enumerate(axes[1:]):
                show_image(panel, frames[row, frame])
                panel.set_xlabel(f"{responses[row, frame * every]:.2f}", fontsize=7, labelpad=2, color=GREY)
                if row == 0:
                    panel.set_title(f"{frame * every}" if frame else "iteration 0", fontsize=8, pad=3)
        axes = canvas.add_subplot(grid[-1, :])
        for values, note, colour in zip(responses, notes, cycle(CLASS_COLOURS), strict=False):
            axes.plot(values, color=colour, label=note.split("\n")[0], lw=1.4)
        label = "mean response,\nas below the images"
        axes.set(xlabel="iteration", ylabel=label, xlim=(0, responses.shape[1] - 1))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=7, loc="lower right", ncols=2)


def draw_saliency(
    path: Path, maps: Mapping[str, np.ndarray], notes: list[str], heads: list[str], title: str, note: str
) -> None:
    """A row for each image: itself, its gradient in colour and in grey, integrated gradients, Grad-CAM.

    Maps: explained, uint8, and float gradient and integrated_gradients (N, 3, H, W), gradient_grey (N, H, W) in [0, 1],
    grad_cam (N, h, w).
    """
    options, count = {"gridspec_kw": {"width_ratios": [1.5, 1, 1, 1, 1, 1]}, "squeeze": False}, len(notes)
    with figure(path, count, 6, height_inches=1.06 * count + 1.25, dpi=200, colours=256, **options) as panels:
        canvas = panels[0, 0].figure
        canvas.suptitle(title, fontsize=9)
        canvas.supxlabel(note, fontsize=7.5, color=GREY)
        canvas.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
        for i, axes in enumerate(panels):
            _write(axes[0], notes[i])
            show_image(axes[1], maps["explained"][i])
            gradient, integrated = maps["gradient"][i], maps["integrated_gradients"][i].sum(0)
            colours = 0.5 + gradient / (2 * _largest(gradient))  # 0 is mid-grey, the 99th percentile the end
            axes[2].imshow(colours.clip(0, 1).transpose(1, 2, 0))
            axes[3].imshow(maps["gradient_grey"][i], cmap="gray", vmin=0, vmax=1)
            _show_signed(axes[4], integrated)
            height, width = maps["explained"].shape[2:]
            axes[5].imshow(maps["explained"][i].mean(0), cmap="gray", vmin=-120, vmax=255)  # pale
            extent = (-0.5, width - 0.5, height - 0.5, -0.5)
            _show_signed(axes[5], maps["grad_cam"][i], extent=extent, interpolation="bilinear", alpha=0.6)
            for panel in axes[2:]:
                blank(panel)
        for axes, head in zip(panels[0, 1:], heads, strict=True):
            axes.set_title(head, fontsize=7, pad=4)


def layer_titles(kinds: Sequence[str]) -> list[str]:
    """Names of layers by kind, block and convolution, as "conv 3-1"; a block ends with its pooling, as "pool 3"."""
    titles, block, convolution = [], 1, 0
    for kind in kinds:
        convolution += kind == "Conv3x3"
        titles.append(f"{SHORT.get(kind, kind)} {block}" + ("" if kind == BLOCK_ENDS else f"-{convolution}"))
        if kind == BLOCK_ENDS:
            block, convolution = block + 1, 0
    return titles


def draw_layers(path: Path, images: np.ndarray, layers: list[tuple[str, int, np.ndarray]], titles: list[str]) -> None:
    """One channel of every layer, block by block, of each image; a layer has one scale for all images.

    Images are uint8 (N, 3, H, W). Layers have a title, as of `layer_titles`, a number of channels, and maps float
    (N, h, w).
    """
    ends = [number for number, (title, *_) in enumerate(layers, 1) if title.startswith(SHORT[BLOCK_ENDS])]
    blocks = [layers[start:end] for start, end in pairwise([0, *ends, len(layers)]) if start < end]
    columns, across = max(map(len, blocks)), len(blocks)
    heights = [0.3, *[1] * across] * len(images)  # each image's title has a row
    note = "Under each map: its side in pixels and the end of its scale, the same for both images. ×: zero everywhere."
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
            head[0].text(0, 0.2, title, fontsize=9, transform=head[0].transAxes, in_layout=False)
            show_image(rows[0][0], image)
            rows[0][0].set_title("input", fontsize=6, pad=1.5)
            for i, (row, block) in enumerate(zip(rows, blocks, strict=True)):
                _head_block(row[0], f"block {i + 1}\n{block[0][1]} channels", below=i == 0)
                for axes, (name, _, maps) in zip(row[1:], block, strict=False):
                    _draw_channel(axes, maps, number, name)


def _head_block(axes, text: str, *, below: bool) -> None:
    """The heading of a block: below its axes, which show the input, or in them."""
    axes.set_visible(True)
    if below:
        axes.set_xlabel(text, fontsize=6.5, labelpad=2)
    else:
        blank(axes)
        axes.text(0.5, 0.5, text, fontsize=6.5, ha="center", va="center", transform=axes.transAxes, in_layout=False)


def _draw_channel(axes, maps: np.ndarray, number: int, name: str) -> None:
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
    """A note with a bold first line, which the layout ignores, as the images would shrink."""
    blank(axes)
    name, _, rest = note.partition("\n")
    style = {"va": "top", "transform": axes.transAxes, "in_layout": False}
    axes.text(0, 1, name, fontsize=7.5, weight="bold", **style)
    axes.text(0, 0.82, rest, fontsize=6.5, **style)


def _largest(values: np.ndarray) -> float:
    """The 99th percentile of the absolute values; 1 where that is 0."""
    return float(np.percentile(np.abs(values), 99)) or 1.0


def _show_signed(axes, values: np.ndarray, **options) -> None:
    """A map (h, w) in colours centred on zero."""
    end = _largest(values)
    axes.imshow(values, cmap="RdBu_r", vmin=-end, vmax=end, **options)
