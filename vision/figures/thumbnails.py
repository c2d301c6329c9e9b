"""An embedding drawn with its images: each lies in a cell of a grid, near its point, and hides no other image."""

from pathlib import Path

import numpy as np
from matplotlib.colors import to_rgb
from scipy.ndimage import gaussian_filter
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.neighbors import NearestNeighbors

from vision.figures.style import CLASS_COLOURS, PAGE_INCHES, blank, figure

WRONG, OUTLIER, TYPICAL = range(3)  # kinds of images, in the order in which they claim cells
MEANINGS = ("misclassified, with\nprediction", "most neighbours of\nother classes", "most neighbours of\nits class")
DPI, WIDTH, ABOVE, BELOW, STRIP = 200, round(200 * PAGE_INCHES), 70, 50, 22  # pixels; STRIP: below large images
COLOURS = np.array([to_rgb(colour) for colour in CLASS_COLOURS])
CONTRASTS = np.where(COLOURS @ [[0.2126], [0.7152], [0.0722]] < 0.47, 1, 0.15 * COLOURS)  # white on dark colours
CENTRED = {"ha": "center", "va": "center_baseline"}


def draw_thumbnails(path: Path, points, images, labels, predicted, names: list[str], title: str) -> None:
    """As many images, uint8 (N, C, H, H), as find a cell near their points (N, 2), over the density of the classes."""
    images = images if images.shape[1] == 3 else images[:, :, 2:-2, 2:-2]  # hardly any ink lies in that border
    kinds, (pitch, free, places) = image_kinds(points, labels, predicted), choose_grid(points, images.shape)
    large = 2 if 12 * (kinds == WRONG).sum() <= len(np.unique(places.astype(int), axis=0)) and pitch <= 56 else 1
    (rows, columns), margin = free.shape, (WIDTH / pitch - free.shape[1]) / 2
    layer = np.zeros(((rows + large) * pitch, columns * pitch, 4), np.float32)  # the last rows are the key
    height = (len(layer) + ABOVE + BELOW) / DPI
    with figure(path, height_inches=height, colours=256, dpi=DPI, layout="none") as axes:
        blank(axes)
        axes.text(columns / 2, -ABOVE / 2 / pitch, title, size=10, **CENTRED)
        _draw_classes(axes, places, labels, names, free, pitch)
        spare = 4 * len(points) <= free.size  # cells enough for images to move aside
        for kind, side, reach in ((WRONG, large, 2.5 * large), (OUTLIER, 1, 1.5 + spare), (TYPICAL, 1, 1 + spare)):
            chosen = np.flatnonzero(kinds == kind)
            tiles = [(chosen[i], *corner) for i, corner in assign_blocks(places[chosen], free, (side, side), reach)]
            if tiles:
                text = f"{MEANINGS[kind]}: {len(tiles):,} of {len(chosen):,}"
                tiles.append((tiles[0][0], rows, 1 + (TYPICAL - kind) * columns // 3))
                axes.text(tiles[-1][2] + side + 12 / pitch, rows + side / 2, text, va="center", size=8)
            for i, top, left in tiles:
                other, tile = predicted[i], paint_tile(images[i], side * pitch, kind, labels[i], predicted[i])
                layer[top * pitch :, left * pitch :][: len(tile), : len(tile)] = tile
                if kind == WRONG and large == 2 and max(map(len, names)) <= 3:
                    at, text = (left + 1, top + 2 - STRIP / 2 / pitch), f"{names[labels[i]]}→{names[other]}"
                    axes.text(*at, text, size=6, c=CONTRASTS[other], **CENTRED)
        axes.imshow(layer, extent=(0, columns, rows + large, 0), zorder=2)
        axes.set(position=(0, 0, 1, 1), xlim=(-margin, columns + margin), aspect="auto")
        axes.set_ylim(rows + large + BELOW / pitch, -ABOVE / pitch)


def image_kinds(points: np.ndarray, labels: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """WRONG; else OUTLIER, if most of the ten nearest points are of other classes; else TYPICAL: int (N,)."""
    search = NearestNeighbors(n_neighbors=max(1, min(10, len(points) // 20))).fit(points)
    outliers = (labels[search.kneighbors(return_distance=False)] != labels[:, None]).mean(1) > 0.5
    return np.where(labels != predicted, WRONG, np.where(outliers, OUTLIER, TYPICAL))


def choose_grid(points: np.ndarray, shape: tuple[int, ...]) -> tuple[int, np.ndarray, np.ndarray]:
    """Side of a cell in pixels, free cells (rows, columns), and points in cells (N, 2); images are (N, C, H, H)."""
    (across, up), gap = (points - points.min(0)).T, 4 if shape[1] == 1 else 8
    for scale in range(max(1, 112 // shape[2]), 0, -1):
        pitch = scale * shape[2] + gap
        columns = WIDTH // pitch
        unit = max(np.ptp(points, axis=0).max() / (columns - 4), 1e-9)  # the points are two cells or more from the edge
        places = 2 + np.stack([up.max() - up, across], axis=1) / unit
        if len(np.unique(places.astype(int), axis=0)) >= min(0.5 * len(points), 500):
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


def paint_tile(image: np.ndarray, side: int, kind: int, label: int, predicted: int) -> np.ndarray:
    """An image, uint8 (C, H, H), on the colour of its class or in a frame of that colour: RGBA (side, side, 4)."""
    ink, strip, (down, right) = len(image) == 1, STRIP if kind == WRONG and side >= 50 else 0, np.indices((side, side))
    inside = np.minimum(np.minimum(down, right), side - 1 - np.maximum(down, right))  # pixels from the edge
    tile = np.dstack([np.broadcast_to(COLOURS[label], (side, side, 3)), inside > 0])
    times = max(1, (side - strip - 4) // image.shape[1])
    drawn = image.transpose(1, 2, 0).repeat(times, 0).repeat(times, 1) / 255
    top, left = (side - strip - len(drawn)) // 2, (side - len(drawn)) // 2
    part = tile[top : top + len(drawn), left : left + len(drawn)]
    if ink and kind == TYPICAL:
        tile[..., 3] = 0
        part[..., :3], part[..., 3] = 0.38 * COLOURS[label], drawn[..., 0] ** 0.8  # the power strengthens thin strokes
    else:
        part[..., :3] = COLOURS[label] + drawn**0.8 * (CONTRASTS[label] - COLOURS[label]) if ink else drawn
    if kind == WRONG:
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
