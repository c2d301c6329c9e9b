"""Where things lie on a map of images: the cells of a grid, and which of them hold pictures and names of classes."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.neighbors import NearestNeighbors

from vision.figures.style import PAGE_INCHES

DPI = 200  # finer than other figures: small images are drawn pixel by pixel
WIDTH = round(PAGE_INCHES * DPI)
ABOVE, KEY = 70, 60  # pixels for the title, and for the key at least
SIDES = (24, 112)  # least and most pixels of a picture, as far as its own pixels allow
COARSE = 4  # pixels of the canvas to one of the density
NEIGHBOURS = 10  # fewer among fewer than two hundred points
WRONG, OUTLIER, TYPICAL = 0, 1, 2  # kinds of pictures, in the order in which they claim cells


class Box(NamedTuple):
    """The pixels of the canvas that hold a picture or a name, and which it is: an index of images or a label."""

    of: int
    top: int
    left: int
    height: int
    width: int


class Grid(NamedTuple):
    """The map's cells, each of pitch x pitch pixels."""

    pitch: int
    rows: int
    columns: int

    @property
    def corner(self) -> np.ndarray:
        """Pixels of the canvas above and left of the cells: int (2,)."""
        return np.array([ABOVE, (WIDTH - self.columns * self.pitch) // 2])

    def box(self, of: int, corner: np.ndarray, size: np.ndarray) -> Box:
        """The pixels of some cells, whose upper left one and whose height and width are int (2,)."""
        return Box(of, *(self.corner + corner * self.pitch).tolist(), *(size * self.pitch).tolist())


class Layout(NamedTuple):
    """A map before it is painted."""

    grid: Grid
    where: np.ndarray  # float (N, 2), row and column of each point, in cells
    kinds: np.ndarray  # int (N,)
    reach: np.ndarray  # int (N,), how many cells each picture may be away from its point
    density: np.ndarray  # float (n_classes, height, width), see measure_density
    names: list[Box]
    pictures: list[Box]
    key: list[Box]
    neighbours: int  # asked of each point
    bottom: int  # the canvas's first row of pixels below the key


def lay_out(
    points: np.ndarray, shape: tuple[int, ...], labels: np.ndarray, guesses: np.ndarray, names: list[str]
) -> Layout:
    """Names first, then as many pictures as find a cell.

    Args:
        points: float (N, 2)
        shape: (N, C, H, H) of the images
        labels, guesses: int (N,)
    """
    kinds = np.where(labels != guesses, WRONG, np.where(among_others(points, labels), OUTLIER, TYPICAL))
    grid, where = choose_grid(points, shape)
    density = measure_density(where, labels, len(names), grid)
    plates, covered = place_names(density, names, grid)
    sides, reach = choose_sides(where, kinds, grid)
    sizes = np.stack([sides, sides], axis=1)
    corners = place_pictures(where, sizes, kinds, reach, covered)
    pictures = [grid.box(i, corners[i], sizes[i]) for i in np.flatnonzero(corners[:, 0] >= 0).tolist()]
    key, bottom = place_key(pictures, kinds, ABOVE + grid.rows * grid.pitch + 20)
    return Layout(grid, where, kinds, reach, density, plates, pictures, key, count_neighbours(len(points)), bottom)


def among_others(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which points, float (N, 2), have neighbours that are mostly of other classes, int (N,): bool (N,)."""
    search = NearestNeighbors(n_neighbors=count_neighbours(len(points))).fit(points)
    return (labels[search.kneighbors(return_distance=False)] != labels[:, None]).mean(1) > 0.5


def count_neighbours(n_points: int) -> int:
    """How many neighbours are asked of each point."""
    return max(1, min(NEIGHBOURS, n_points // 20))


def choose_grid(points: np.ndarray, shape: tuple[int, ...]) -> tuple[Grid, np.ndarray]:
    """Cells for points, float (N, 2), and each point's row and column in them, float (N, 2).

    Pictures are as large as lets half of the images, of shape (N, C, H, H), or five hundred, lie side by side.
    """
    side, gap = shape[2], 4 if shape[1] == 1 else 8
    least, most = (max(1, pixels // side) for pixels in SIDES)
    right, down = (points - points.min(0)).T * [[1], [-1]]
    for scale in range(most, least - 1, -1):
        pitch = scale * side + gap
        columns = WIDTH // pitch
        unit = max(np.ptp(points, axis=0).max() / (columns - 4), 1e-9)  # the points keep two cells from the edge
        where = 2 + np.stack([down - down.min(), right], axis=1) / unit
        if len(np.unique(np.floor(where), axis=0)) >= 0.5 * min(len(points), 1000):
            break
    where[:, 1] += (columns - 2 - where[:, 1].max()) / 2
    return Grid(pitch, int(np.ceil(where[:, 0].max())) + 2, columns), where


def measure_density(where: np.ndarray, labels: np.ndarray, n_classes: int, grid: Grid) -> np.ndarray:
    """Points, float (N, 2) in cells, of each class, int (N,), for a cell's area.

    Returns:
        float (n_classes, height, width), smoothed, in coarse pixels
    """
    edges = [np.arange(-(-cells * grid.pitch // COARSE) + 1) * COARSE / grid.pitch for cells in grid[1:]]
    counts = np.stack([np.histogram2d(*where[labels == label].T, edges)[0] for label in range(n_classes)])
    blur = min(21, 0.75 * grid.pitch) / COARSE
    return gaussian_filter(counts, (0, blur, blur)) * (grid.pitch / COARSE) ** 2


def choose_sides(where: np.ndarray, kinds: np.ndarray, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Cells along the side of each picture, and how many it may be away from its own place, which is float (N, 2).

    Misclassified images are larger if they are few; if there is room, the others may move aside too. All are int (N,).
    """
    roomy = 4 * len(where) <= grid.rows * grid.columns
    filled = len(where) if roomy else len(np.unique(np.floor(where), axis=0))
    area = filled / 3 / max(1, (kinds == WRONG).sum())
    large = next(n for n in (3, 2, 1) if n == 1 or (n * grid.pitch <= SIDES[1] and n**2 <= area))
    return np.where(kinds == WRONG, large, 1), np.array([2 * large, 1 + 2 * roomy, 2 * roomy])[kinds]


def place_pictures(
    where: np.ndarray, sizes: np.ndarray, kinds: np.ndarray, reach: np.ndarray, covered: np.ndarray
) -> np.ndarray:
    """Cells for pictures, none for two: lower kinds choose first, then those that are nearest to the middle of cells.

    Args:
        where: float (N, 2), row and column of each point, in cells
        sizes: int (N, 2), height and width of each picture, in cells
        kinds: int (N,)
        reach: int (N,), how many rows and columns away from its own place the nearest free one may be
        covered: bool (rows, columns), cells that hold something else

    Returns:
        int (N, 2), row and column of each picture's upper left cell, -1 where there was no place
    """
    covered, corners = covered.copy(), np.full((len(where), 2), -1)
    own = np.round(where - sizes / 2).astype(int)
    steps = np.indices((2 * reach.max() + 1,) * 2).reshape(2, -1).T - reach.max()
    steps = steps[np.argsort((steps**2).sum(1), kind="stable")]
    steps = {far: steps[np.abs(steps).max(1) <= far] for far in np.unique(reach).tolist()}
    for i in np.lexsort((np.abs(where - sizes / 2 - own).max(1), kinds)).tolist():
        height, width = sizes[i].tolist()
        tries = own[i] + steps[int(reach[i])]
        inside = ((tries >= 0) & (tries + sizes[i] <= covered.shape)).all(1)
        for top, left in tries[inside].tolist():
            if not covered[top : top + height, left : left + width].any():
                covered[top : top + height, left : left + width] = True
                corners[i] = top, left
                break
    return corners


def place_names(density: np.ndarray, names: list[str], grid: Grid) -> tuple[list[Box], np.ndarray]:
    """Where each class is densest among itself, cells for its name, if the map is as wide as that.

    Args:
        density: float (n_classes, height, width) in coarse pixels

    Returns:
        the names' boxes, and the cells that they cover: bool (rows, columns)
    """
    blur = 1.5 * grid.pitch / COARSE
    pure = gaussian_filter(density**2 / np.maximum(density.sum(0), 1e-9), (0, blur, blur))
    labels = np.flatnonzero(density.any((1, 2)))
    peaks = np.stack([np.unravel_index(pure[label].argmax(), pure[label].shape) for label in labels])
    sizes = -(-np.array([[40, 20 + 19 * len(names[label])] for label in labels]) // grid.pitch)
    covered, anywhere = np.zeros(grid[1:], bool), np.full(len(labels), max(grid[1:]))
    corners = place_pictures((peaks + 0.5) * COARSE / grid.pitch, sizes, 0 * anywhere, anywhere, covered)
    placed = np.flatnonzero(corners[:, 0] >= 0)
    for (top, left), (height, width) in zip(corners[placed], sizes[placed], strict=True):
        covered[top : top + height, left : left + width] = True
    return [grid.box(int(labels[i]), corners[i], sizes[i]) for i in placed], covered


def place_key(pictures: list[Box], kinds: np.ndarray, top: int) -> tuple[list[Box], int]:
    """The first picture of each kind, int (N,), once more, in a row from top, and the row of pixels below them."""
    first = {kinds[box.of]: box for box in reversed(pictures)}
    ordered = [first[kind] for kind in sorted(first, reverse=True)]
    height = max([KEY, *(box.height for box in ordered)])
    key = [
        box._replace(top=top + (height - box.height) // 2, left=20 + WIDTH * n // len(ordered))
        for n, box in enumerate(ordered)
    ]
    return key, top + height
