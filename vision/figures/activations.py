"""The activations of each layer of a network for one image: every map at its own resolution, on one scale a layer."""

from pathlib import Path

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.ticker import MaxNLocator

from vision.figures.pictures import tile
from vision.figures.style import GREY, blank, figure

PANELS = 3  # in a row
PIXELS = 48  # about as many as a map is wide on the page
BETWEEN = "#BBBBBB"  # unlike zero on either scale


def draw_activations(
    path: Path, image: np.ndarray, layers: dict[str, np.ndarray], title: str, channels: int = 64
) -> None:
    """The image, uint8 (C, H, W), and the first channels of each layer's maps, float (K, h, w)."""
    rows = -(-(1 + len(layers)) // PANELS)
    with figure(path, rows, PANELS, height_inches=2.85 * rows + 0.5, dpi=200, colours=256, squeeze=False) as panels:
        canvas = panels[0, 0].figure
        canvas.get_layout_engine().set(h_pad=0.07)
        canvas.suptitle(title, fontsize=10)
        note = "channels of each layer, all on the layer's scale. A map with × is zero everywhere."
        canvas.supxlabel(f"The first {channels} {note}", fontsize=8, color=GREY)
        for axes in panels.flat:
            blank(axes)
        panels[0, 0].imshow(image[0] if len(image) == 1 else image.transpose(1, 2, 0), cmap="gray", vmin=0, vmax=255)
        panels[0, 0].set_anchor("N")  # next to panels that have a scale below them
        _name(panels[0, 0], "input", image, "")
        for axes, (name, maps) in zip(panels.flat[1:], layers.items(), strict=False):
            _draw_layer(axes, name, maps, channels)


def shared_scale(maps: np.ndarray) -> tuple[str, Normalize]:
    """Colours and limits for all maps of a layer: from zero up, or around zero if any value is negative."""
    largest = float(np.abs(maps).max()) or 1.0
    return ("RdBu_r", Normalize(-largest, largest)) if maps.min() < 0 else ("viridis", Normalize(0, largest))


def tile_maps(maps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maps (K, h, w) in rows, each value a square of pixels, NaN between maps; and the middles of the maps (K, 2)."""
    count, *size = maps.shape
    times, columns = max(1, round(PIXELS / max(size))), int(np.ceil(np.sqrt(count)))
    large, gap = maps.repeat(times, axis=1).repeat(times, axis=2).astype(np.float32), max(2, times * max(size) // 16)
    down, across = np.divmod(np.arange(count), columns)
    middles = np.stack([across, down], axis=1) + 0.5
    return tile(large[:, None], columns, np.nan, gap)[0], middles * [times * size[1] + gap, times * size[0] + gap] - 0.5


def _draw_layer(axes, name: str, maps: np.ndarray, channels: int) -> None:
    shown, active = maps[:channels], (maps != 0).any((1, 2))
    tiled, middles = tile_maps(shown)
    colours, limits = shared_scale(shown)
    axes.set_facecolor(BETWEEN)
    drawn = axes.imshow(tiled, cmap=colours, norm=limits)
    cross = BETWEEN if colours == "viridis" else GREY
    axes.plot(*middles[~active[:channels]].T, ls="", marker="x", ms=4, mew=0.7, c=cross)
    _name(axes, name, maps, f"{100 * (maps == 0).mean():.0f} % zeros; {active.sum():,} of {len(maps):,} active")
    bar = axes.figure.colorbar(drawn, ax=axes, orientation="horizontal", aspect=40, pad=0.02, ticks=MaxNLocator(4))
    bar.ax.tick_params(labelsize=7, length=2, pad=1.5)
    bar.outline.set_visible(False)


def _name(axes, name: str, maps: np.ndarray, note: str) -> None:
    shape = " × ".join(map(str, maps.shape))
    axes.set_title(f"{name}: {shape}" + "\n" * bool(note), fontsize=9, pad=3)
    axes.text(0.5, 1.01, note, ha="center", va="bottom", transform=axes.transAxes, fontsize=7.5, color=GREY)
