"""An embedding drawn with its images: each lies in a cell of a grid, near its point, and hides no other image."""

from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from scipy.ndimage import gaussian_filter
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from vision.figures.style import CLASS_COLOURS, GREY, PAGE_INCHES, blank, figure

DPI, WIDTH, ABOVE, BELOW, STRIP = 200, round(200 * PAGE_INCHES), 70, 130, 22  # pixels; STRIP: below an image
COLOURS = np.array([to_rgb(colour) for colour in CLASS_COLOURS])
CONTRASTS = np.where(COLOURS @ [[0.2126], [0.7152], [0.0722]] < 0.47, 1, 0.15 * COLOURS)  # white on dark colours
CENTRED = {"ha": "center", "va": "center_baseline"}
FIRST = 4  # errors come first if they need no more than one cell in so many
NOTE = """Background or frame: the colour of the true class. Black frame: misclassified; {}
Shown are {:,} of {:,} images, among them {:,} of {:,} misclassified: {}
Dots: all points. Tint: density of the classes"""


def draw_thumbnails(path: Path, points, images, labels, predicted, names: list[str], title: str) -> None:
    """As many images, uint8 (N, C, H, H), as find a cell near their points (N, 2), over the density of the classes."""
    images = images if images.shape[1] == 3 else images[:, :, 2:-2, 2:-2]  # hardly any ink lies in that border
    wrong, (pitch, free, places) = labels != predicted, choose_grid(points, images.shape)
    strip = STRIP if pitch >= 50 and max(map(len, names)) <= 3 else 0
    (rows, columns), margin = free.shape, (WIDTH / pitch - free.shape[1]) / 2
    layer = np.zeros((rows * pitch, columns * pitch, 4), np.float32)
    with figure(path, height_inches=(len(layer) + ABOVE + BELOW) / DPI, colours=256, dpi=DPI, layout="none") as axes:
        blank(axes)
        axes.text(columns / 2, -ABOVE / 2 / pitch, title, size=10, **CENTRED)
        _draw_classes(axes, places, labels, names, free, pitch)
        tiles, few = _choose_tiles(places, wrong, free)
        for i, (top, left) in tiles.items():
            tile = paint_tile(images[i], pitch, labels[i], predicted[i], strip)
            layer[top * pitch :, left * pitch :][:pitch, :pitch] = tile
            if wrong[i] and strip:
                text = f"{names[labels[i]]}→{names[predicted[i]]}"
                axes.text(left + 0.5, top + 1 - strip / 2 / pitch, text, size=6, c=CONTRASTS[predicted[i]], **CENTRED)
        axes.imshow(layer, extent=(0, columns, rows, 0), zorder=2)
        axes.set(position=(0, 0, 1, 1), xlim=(-margin, columns + margin), aspect="auto")
        axes.set_ylim(rows + BELOW / pitch, -ABOVE / pitch)
        shown = list(tiles)
        mark = "below, the true and the predicted class" if strip else "in the corner, the predicted class"
        order = "these first, then the nearest to each cell" if few else "the nearest to each cell"
        note = NOTE.format(mark, len(shown), len(points), wrong[shown].sum(), wrong.sum(), order)
        axes.text(columns / 2, rows + BELOW / 2 / pitch, note, size=7.5, c=GREY, ha="center", va="center")


def _choose_tiles(places: np.ndarray, wrong: np.ndarray, free: np.ndarray) -> tuple[dict[int, np.ndarray], bool]:
    """The cell of each image that is shown, and whether errors, being few, were assigned first."""
    few = bool(FIRST * wrong.sum() <= len(np.unique(places.astype(int), axis=0)))
    reach = 2 if 4 * len(places) <= free.size else 1  # cells enough for images to move aside
    tiles = {}
    for chosen, far in ((wrong, 2.5), (~wrong, reach)) if few else ((wrong | True, reach),):
        numbers = np.flatnonzero(chosen)
        tiles |= {numbers[i]: cell for i, cell in assign_blocks(places[numbers], free, (1, 1), far)}
    return tiles, few


def choose_grid(points: np.ndarray, shape: tuple[int, ...]) -> tuple[int, np.ndarray, np.ndarray]:
    """Side of a cell in pixels, free cells (rows, columns), and points in cells (N, 2); images are (N, C, H, H)."""
    (across, up), gap = (points - points.min(0)).T, 4 if shape[1] == 1 else 8
    for scale in range(max(1, 112 // shape[2]), 0, -1):
        pitch = scale * shape[2] + gap
        columns = WIDTH // pitch
        unit = max(np.ptp(points, axis=0).max() / (columns - 4), 1e-9)  # the points are two cells or more from the edge
        places = 2 + np.stack([up.max() - up, across], axis=1) / unit
        if len(np.unique(places.astype(int), axis=0)) >= min(0.5 * len(points), 250):
            break  # so many images have a cell for themselves
    places[:, 1] += (columns - 2 - places[:, 1].max()) / 2
    return pitch, np.ones((int(places[:, 0].max()) + 3, columns), bool), places


def assign_blocks(places: np.ndarray, free: np.ndarray, size: tuple[int, int], reach: float) -> list:
    """Number of a place (N, 2), and first row and column of its block of cells, no more than `reach` cells from it.

    The sum of squared distances is least. The blocks' cells are no longer free.
    """
    (height, width), rows, columns = size, free.shape[0] // size[0], free.shape[1] // size[1]
    blocks = free[: rows * height, : columns * width].reshape(rows, height, columns, width).all((1, 3))
    corners = np.argwhere(blocks) * size
    costs = np.minimum(cdist(places, corners + np.array(size) / 2, "sqeuclidean"), reach**2)
    assigned = [(i, corners[j]) for i, j in zip(*linear_sum_assignment(costs), strict=True) if costs[i, j] < reach**2]
    for _, (top, left) in assigned:
        free[top : top + height, left : left + width] = False
    return assigned


def paint_tile(image: np.ndarray, side: int, label: int, predicted: int, strip: int) -> np.ndarray:
    """An image, uint8 (C, H, H), on the colour of its class or in a frame of that colour: RGBA (side, side, 4).

    A misclassified image has a black frame and the colour of its prediction in a corner, or in a strip below it.
    """
    ink, wrong, (down, right) = len(image) == 1, label != predicted, np.indices((side, side))
    strip = strip if wrong else 0
    inside = np.minimum(np.minimum(down, right), side - 1 - np.maximum(down, right))  # pixels from the edge
    tile = np.dstack([np.broadcast_to(COLOURS[label], (side, side, 3)), inside > 0])
    times = max(1, (side - strip - 4) // image.shape[1])
    drawn = image.transpose(1, 2, 0).repeat(times, 0).repeat(times, 1) / 255
    top, left = (side - strip - len(drawn)) // 2, (side - len(drawn)) // 2
    colours = COLOURS[label] + drawn**0.8 * (CONTRASTS[label] - COLOURS[label])  # the power strengthens thin strokes
    tile[top : top + len(drawn), left : left + len(drawn), :3] = colours if ink else drawn
    if wrong:
        tile[down >= side - strip if strip else down + right >= 2 * side - 21, :3] = COLOURS[predicted]
        tile[inside < 2 + ink, :3] = 0
    return tile


def _draw_classes(axes, places: np.ndarray, labels: np.ndarray, names: list[str], free: np.ndarray, pitch: int) -> None:
    """The density of the classes as a tint, every point, and names of classes where they are densest."""
    fine, size = pitch / 4, (max(1, round(44 / pitch)), -(-(24 + 20 * max(map(len, names))) // pitch))
    edges = [np.arange(int(cells * fine) + 2) / fine for cells in free.shape]
    counts = np.stack([np.histogram2d(*places[labels == label].T, edges)[0] for label in range(len(names))])
    density = gaussian_filter(counts, (0, *[min(5, 0.75 * fine)] * 2)) * fine**2
    total = np.maximum(density.sum(0), 1e-9)
    mixed = np.einsum("cyx,cd->yxd", density, COLOURS[: len(names)]) / total[..., None]
    depth = np.clip(10 * total - 1.2, 0, 1) * (0.18 + 0.17 * np.clip(np.log1p(total) / np.log(13), 0, 1))
    extent = (0, edges[1][-1], edges[0][-1], 0)
    axes.imshow(1 - depth[..., None] * (1 - mixed), extent=extent, interpolation="bilinear")
    axes.scatter(*places.T[::-1], s=0.3, c=COLOURS[labels], alpha=0.6, lw=0)
    present, pure = np.unique(labels), gaussian_filter(density**2 / total, (0, 1.5 * fine, 1.5 * fine))
    peaks = np.array([np.unravel_index(pure[label].argmax(), total.shape) for label in present]) / fine
    for i, corner in assign_blocks(peaks, free, size, np.inf):
        (y, x), label = corner + np.array(size) / 2, present[i]
        box = {"boxstyle": "round", "fc": COLOURS[label], "ec": "white"}
        axes.text(x, y, names[label], weight="bold", size=10, c=CONTRASTS[label], bbox=box, zorder=5, **CENTRED)
