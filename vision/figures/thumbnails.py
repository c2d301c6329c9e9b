"""An embedding drawn with its images, as a map: pictures lie in the cells of a grid, so that none hides another."""

import textwrap
from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import FancyBboxPatch
from matplotlib.textpath import TextPath
from PIL import Image

from vision.figures.placement import ABOVE, COARSE, DPI, OUTLIER, TYPICAL, WIDTH, WRONG, Box, Layout, lay_out
from vision.figures.style import CLASS_COLOURS, GREY, blank, figure

BELOW = 115  # pixels for the caption
ROOM, WORDS = 50, 20  # pixels of a misclassified picture from which it has words below, and of these words
RINGS = {WRONG: (3, 5), OUTLIER: (1, 4), TYPICAL: (2, 4)}  # pixels from the edge between which a photograph has colour
COLOURS = np.array([to_rgb(colour) for colour in CLASS_COLOURS])


def draw_thumbnails(
    path: Path,
    points: np.ndarray,
    images: np.ndarray,
    labels: np.ndarray,
    guesses: np.ndarray | None,
    names: list[str],
    title: str,
) -> None:
    """As many images as lie side by side, on a ground that has a dot for every point, all in the colours of classes.

    Args:
        points: float (N, 2), of two images or more
        images: uint8 (N, C, H, H); one channel is ink on paper, three are colours
        labels: int (N,), the true classes
        guesses: int (N,), the predicted classes; None marks no mistakes
    """
    guesses = labels if guesses is None else guesses
    images = _trim(images)
    layout = lay_out(points, images.shape, labels, guesses, names)
    canvas = _paint(layout, images, labels, guesses)

    with figure(path, height_inches=len(canvas) / DPI, colours=256, dpi=DPI, layout="none") as axes:
        blank(axes)
        axes.set_position((0, 0, 1, 1))
        axes.imshow((255 * canvas).round().astype(np.uint8), extent=(0, WIDTH, len(canvas), 0))
        axes.text(WIDTH / 2, ABOVE / 2, title, ha="center", va="center", size=10)
        for box in layout.names:
            _write_name(axes, names[box.of], box)
        for box in layout.pictures + layout.key:
            truth, guess = labels[box.of], guesses[box.of]
            if truth != guess and box.height >= ROOM:
                _write_mistake(axes, names[truth], names[guess], _colours(guess), box)
        _write_key(axes, layout)
        axes.text(20, layout.bottom + 15, _caption(layout), va="top", size=8, c=GREY)


def _trim(images: np.ndarray) -> np.ndarray:
    """Images without the border that hardly any ink reaches, to show more of them; photographs as they are."""
    side, ink = images.shape[2], images.sum((0, 1), dtype=np.int64)
    for border in range(side // 6, 0, -1):
        if images.shape[1] == 1 and ink[border:-border, border:-border].sum() >= 0.997 * ink.sum():
            return images[:, :, border:-border, border:-border]
    return images


def _colours(labels: np.ndarray) -> np.ndarray:
    """The colours of classes, of int (...) float (..., 3)."""
    return COLOURS[labels % len(COLOURS)]


def _contrast(colour: np.ndarray) -> np.ndarray:
    """White on a dark colour, nearly black on a light one."""
    return np.ones(3) if colour @ (0.2126, 0.7152, 0.0722) < 0.47 else 0.15 * colour


def _paint(layout: Layout, images: np.ndarray, labels: np.ndarray, guesses: np.ndarray) -> np.ndarray:
    """Everything but words: float32 (height, width, 3)."""
    canvas = np.ones((layout.bottom + BELOW, WIDTH, 3), np.float32)
    _paint_ground(canvas, layout, labels)
    for i, top, left, height, width in layout.pictures + layout.key:
        cell = canvas[top : top + height, left : left + width]
        _paint_picture(cell, images[i], layout.kinds[i], labels[i], guesses[i])
    return canvas


def _paint_ground(canvas: np.ndarray, layout: Layout, labels: np.ndarray) -> None:
    """Tint the canvas, float (height, width, 3), by the classes of points, deeper where they are dense, and dot it."""
    density, grid = layout.density, layout.grid
    total, colours = density.sum(0), _colours(np.arange(len(density)))
    mixed = np.einsum("cyx,cd->yxd", density, colours) / np.maximum(total, 1e-9)[..., None]
    depth = np.clip(10 * total - 1.2, 0, 1) * (0.18 + 0.17 * np.clip(np.log1p(total) / np.log(13), 0, 1))
    tint = (1 - depth[..., None] * (1 - mixed)).astype(np.float32)
    size = tint.shape[1] * COARSE, tint.shape[0] * COARSE
    fine = [Image.fromarray(channel).resize(size, Image.Resampling.BILINEAR) for channel in tint.transpose(2, 0, 1)]
    (top, left), height, width = grid.corner, grid.rows * grid.pitch, grid.columns * grid.pitch
    canvas[top : top + height, left : left + width] = np.stack(fine, axis=-1)[:height, :width]
    rows, columns = (grid.corner + layout.where * grid.pitch).astype(int).T
    for down, right in np.ndindex(2, 2):
        canvas[rows + down, columns + right] = 1 - 0.5 * (1 - _colours(labels))


def _paint_picture(cell: np.ndarray, image: np.ndarray, kind: int, label: int, guess: int) -> None:
    """Draw an image, uint8 (C, H, H), into its part of the canvas, float (side, side, 3).

    Among its own class it is ink on the ground, or a photograph in a thin frame of the class's colour. Among other
    classes it lies on a tile of that colour, or has a thick frame. If misclassified it is framed and marked besides.
    """
    side, ink, (first, last), colour = len(cell), len(image) == 1, RINGS[kind], _colours(label)
    line = np.arange(side)
    depth = np.minimum.outer(*[np.minimum(line, line[::-1])] * 2)  # pixels from the edge
    words = WORDS if kind == WRONG and side >= ROOM else 0
    pixels = side - 8 - words if words or not ink else side - 4
    top, left = 4 if words else (side - pixels) // 2, (side - pixels) // 2
    part = cell[top : top + pixels, left : left + pixels]
    method = Image.Resampling.LANCZOS if pixels % image.shape[1] else Image.Resampling.NEAREST
    drawn = np.stack([Image.fromarray(channel).resize((pixels, pixels), method) for channel in image], axis=-1) / 255
    if kind != TYPICAL:
        cell[depth >= first] = colour
    if ink:
        shade = 0.38 * colour if kind == TYPICAL else _contrast(colour)
        part += drawn**0.8 * (shade - part)  # the power strengthens thin strokes
    else:
        part[:] = drawn
        cell[(depth >= first) & (depth < last)] = colour
    if kind == WRONG:
        _mark_mistake(cell, depth, words, _colours(guess))


def _mark_mistake(cell: np.ndarray, depth: np.ndarray, words: int, colour: np.ndarray) -> None:
    """A black frame in a white one, and the colour of what the image was taken for, below it or in its corner."""
    side = len(cell)
    line = np.arange(side)
    cell[depth < 3], cell[depth < 1] = 0, 1
    inwards = line[:, None] - (side - 3 - words) if words else np.add.outer(line, line) - 2 * (side - 4) + 13
    cell[(depth >= 3) & (inwards >= 0)], cell[(depth >= 3) & (inwards >= 1)] = 0, colour


def _write_key(axes, layout: Layout) -> None:
    """Say beside each picture of the key what it stands for."""
    for i, top, left, height, width in layout.key:
        mistake = "its class →\nwhat it was taken for" if height >= ROOM else "the corner\nhas what it was taken for"
        meaning = {
            TYPICAL: "among its own class",
            OUTLIER: "most of its neighbours\nare of other classes",
            WRONG: f"misclassified: {mistake}",
        }[layout.kinds[i]]
        axes.text(left + width + 12, top + height / 2, meaning, va="center", size=8)


def _write_name(axes, name: str, box: Box) -> None:
    """Name a class on a plate of its colour."""
    colour = _colours(box.of)
    style = {"boxstyle": "round,pad=2,rounding_size=8", "fc": colour, "ec": "white", "lw": 1}
    x, y = box.left + box.width / 2, box.top + box.height / 2
    width, height = min(box.width - 8, 24 + 21 * len(name)), min(box.height - 8, 48)
    axes.add_patch(FancyBboxPatch((x - width / 2, y - height / 2), width, height, **style))
    axes.text(x, y, name, ha="center", va="center_baseline", weight="bold", size=10, c=_contrast(colour))


def _write_mistake(axes, truth: str, guess: str, colour: np.ndarray, box: Box) -> None:
    """Below a misclassified image, both classes, or as much of what it was taken for as there is room for."""
    texts = [f"{truth}→{guess}", f"→{guess}", *(guess[:letters] for letters in range(len(guess), 0, -1))]
    widths = (TextPath((0, 0), text, size=6).get_extents().width * DPI / 72 for text in texts)
    text = next((text for text, width in zip(texts, widths, strict=True) if width <= box.width - 10), "")
    at = box.left + box.width / 2, box.top + box.height - 3 - WORDS / 2
    axes.text(*at, text, ha="center", va="center_baseline", size=6, c=_contrast(colour))


def _caption(layout: Layout) -> str:
    """How many images of each kind are shown, and where."""
    kinds, shown = layout.kinds, layout.kinds[[box.of for box in layout.pictures]]
    phrases = {
        WRONG: "misclassified, which choose their cells first",
        OUTLIER: "others among other classes",
        TYPICAL: "among their own, those nearest to the middle of a cell",
    }
    counts = "; ".join(
        f"{(shown == kind).sum():,} of {(kinds == kind).sum():,} {phrase}"
        for kind, phrase in phrases.items()
        if (kinds == kind).any()
    )
    text = (
        f"{len(shown):,} of {len(kinds):,} images: {counts}. No picture is more than {layout.reach.max()} cells from "
        f"its point. Dots: all points. Neighbours: the nearest {layout.neighbours}."
    )
    return textwrap.fill(text, 115)
