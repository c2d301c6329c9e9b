"""Figures made of images: mistakes, neighbours, weights, inputs that maximise outputs."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from matplotlib.colors import TwoSlopeNorm

from vision.figures.style import GREY, PAGE_INCHES, SPLIT_COLOURS, WRONG, blank, figure


def draw_misclassified(
    path: Path, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, indices: np.ndarray, names: list[str]
) -> None:
    """The misclassified images, most confident first, as many as fit; each with both probabilities.

    Args:
        images: uint8 (N, C, H, W)
        probabilities: float (N, n_classes)
    """
    guesses = probabilities.argmax(1)
    wrong = np.flatnonzero(guesses != labels)
    wrong = wrong[np.argsort(-probabilities[wrong].max(1), kind="stable")]
    shown, percent = wrong[:25], 100 * probabilities
    titles = [
        f"{names[guess]}: {percent[i, guess]:.1f} %\ntrue {names[truth]}: {percent[i, truth]:.1f} %"
        for i, guess, truth in zip(shown, guesses[shown], labels[shown], strict=True)
    ]
    with _gallery(path, images[shown], titles, [f"test {i}" for i in indices[shown]], columns=5) as axes:
        axes.set_title(f"{len(shown)} of the {len(wrong):,} misclassified, most confident first")


def draw_top_losses(
    path: Path, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, indices: np.ndarray, names: list[str]
) -> None:
    """The nine images with the greatest loss, greatest first (row H8).

    Args:
        images: uint8 (N, C, H, W)
        probabilities: float (N, n_classes)
    """
    guesses, certain = probabilities.argmax(1), np.finfo(probabilities.dtype).tiny
    of_truth = probabilities[np.arange(len(labels)), labels].clip(min=certain)
    shown = np.argsort(of_truth, kind="stable")[:9]
    titles = [
        f"{names[guesses[i]]}, true {names[labels[i]]}\nloss {-np.log(of_truth[i]):.2f} nats, p {of_truth[i]:.2g}"
        for i in shown
    ]
    with _gallery(path, images[shown], titles, [f"test {i}" for i in indices[shown]], columns=5) as axes:
        axes.set_title(f"the {len(shown)} of {len(labels):,} test images with the greatest loss")


def draw_sample(path: Path, parts: dict[str, tuple[np.ndarray, ...]], names: list[str]) -> None:
    """Ten misclassified images of each part, drawn at random without replacement (row L9, bug B3.7), always the same.

    Args:
        parts: images uint8 (N, C, H, W), labels, guesses and indices (N,) of each split by its name
    """
    generator, pictures, titles, notes, counts = np.random.default_rng(0), [], [], [], []
    for name, (images, labels, guesses, indices) in parts.items():
        wrong = np.flatnonzero(guesses != labels)
        shown = np.sort(generator.permutation(wrong)[:10])
        white = np.full_like(images[:10], 0 if images.shape[1] == 1 else 255)
        missing = 10 - len(shown) if len(shown) else 0  # a part without mistakes takes no row
        pictures += [images[shown], white[:missing]]
        titles += [f"{names[guesses[i]]}\ntrue {names[labels[i]]}" for i in shown] + [""] * missing
        notes += [f"{name} {indices[i]}" for i in shown] + [""] * missing
        counts.append(f"{len(wrong):,} {name}")
    with _gallery(path, np.concatenate(pictures), titles, notes, columns=10) as axes:
        axes.set_title(f"up to ten each of the {' and '.join(counts)} images misclassified, at random")


def draw_maximised(path: Path, rows: dict[str, tuple[np.ndarray, np.ndarray]], names: list[str]) -> None:
    """One image per class in each row, with the probability that the network gives it (row P16).

    Args:
        rows: by their name, images float (n_classes, C, H, W), shown within [0, 1], and probabilities (n_classes,)
    """
    pictures = np.concatenate([images for images, _ in rows.values()])
    titles = [  # no softmax gives all of 100 % (bug B1.6)
        f"{name}\n{f'{100 * share:.2f} %' if share < 0.9999 else '> 99.99 %'}"
        for _, values in rows.values()
        for name, share in zip(names, values, strict=True)
    ]
    with _gallery(path, pictures.clip(0, 1) * 255, titles, [""] * len(titles), columns=len(names)) as axes:
        axes.set_title("above: " + "; below: ".join(rows))


def draw_grids(path: Path, grids: dict[str, np.ndarray], columns: int, height_inches: float) -> None:
    """Grids of images side by side, each under its name (rows P4, H2).

    Args:
        grids: uint8 (N, C, H, W)
    """
    with figure(path, 1, len(grids), height_inches=height_inches, squeeze=False) as panels:
        for axes, (name, images) in zip(panels[0], grids.items(), strict=True):
            blank(axes)
            _show(axes, _tile(images, columns, fill=0))
            axes.set_title(name)


def draw_tiles(path: Path, weights: np.ndarray, title: str, columns: int) -> None:
    """Weights as images side by side, all on one diverging scale centred on zero.

    Args:
        weights: float (N, H, W)
    """
    largest = float(np.abs(weights).max()) or 1.0
    tiled = _tile(weights[:, None], columns, fill=np.nan)[0]
    with figure(path, height_inches=PAGE_INCHES * tiled.shape[0] / tiled.shape[1] + 0.2) as axes:
        blank(axes)
        drawn = axes.imshow(tiled, cmap="RdBu_r", norm=TwoSlopeNorm(0, -largest, largest))
        axes.set_title(title)
        axes.figure.colorbar(drawn, ax=axes, label="weight", shrink=0.8, pad=0.02)


def draw_neighbours(
    path: Path, images: np.ndarray, labels: np.ndarray, names: list[str], neighbours: dict[int, list[int]]
) -> None:
    """Each query and its nearest neighbours, nearest first, one row per query; another label is marked.

    Args:
        images: uint8 (N, C, H, W)
        neighbours: positions of the neighbours of each query
    """
    columns = 1 + max(len(near) for near in neighbours.values())
    with figure(path, len(neighbours), columns, height_inches=1.0 * len(neighbours) + 0.35, squeeze=False) as panels:
        for row, (query, near) in zip(panels, neighbours.items(), strict=True):
            for axes, position in zip(row, [query, *near], strict=True):
                blank(axes)
                _show(axes, images[position])
                same = labels[position] == labels[query]
                axes.set_xlabel(names[labels[position]], fontsize=8, color="black" if same else WRONG, labelpad=2)
            row[0].set_title(f"query {query}", fontsize=8, color=SPLIT_COLOURS["test"])
        for rank, axes in enumerate(panels[0, 1:], start=1):
            axes.set_title(f"neighbour {rank}" if rank == 1 else f"{rank}", fontsize=8)


def draw_kernels(path: Path, kernels: np.ndarray, title: str) -> None:
    """Every kernel on one shared diverging scale centred on zero (bug B0.10).

    Args:
        kernels: float (N, H, W)
    """
    columns = 8
    rows = -(-len(kernels) // columns)
    largest = float(np.abs(kernels).max())
    with figure(path, rows, columns, height_inches=0.98 * rows + 0.5, squeeze=False) as panels:
        for axes in panels.flat:
            blank(axes)
        for i, (axes, kernel) in enumerate(zip(panels.flat, kernels, strict=False)):
            drawn = axes.imshow(kernel, cmap="RdBu_r", norm=TwoSlopeNorm(0, -largest, largest))
            axes.set_title(str(i), fontsize=7, pad=2)
        panels[0, 0].figure.suptitle(title, fontsize=10)
        panels[0, 0].figure.colorbar(drawn, ax=panels, shrink=0.8, label="weight", pad=0.02)


@contextmanager
def _gallery(path: Path, images: np.ndarray, titles: list[str], notes: list[str], columns: int) -> Iterator:
    """Images in rows on one pair of axes, which is many times faster than axes for each: a title above, a note below.

    Args:
        images: (N, C, H, W), in [0, 255]
    """
    rows = max(1, -(-len(images) // columns))
    longest = max((len(line) for title in titles for line in title.split("\n")), default=1)
    # Points; a letter is on average 0.58 as wide as it is high, and titles side by side must not touch.
    size = min(8 if columns <= 6 else 6.5, 72 * PAGE_INCHES / columns / (0.58 * max(longest, 1)))
    above, below = (0.3, 0.1) if columns <= 6 else (0.38, 0.14)
    height = 1 + above + below
    with figure(path, height_inches=PAGE_INCHES * rows * height / columns + 0.4) as axes:
        blank(axes)
        for i, (image, title, note) in enumerate(zip(images, titles, notes, strict=True)):
            left, top = i % columns, i // columns * height + above
            _show(axes, image, extent=(left + 0.06, left + 0.94, top + 0.94, top + 0.06))
            axes.text(left + 0.5, top + 0.02, title, ha="center", va="bottom", fontsize=size)
            axes.text(left + 0.5, top + 0.97, note, ha="center", va="top", fontsize=size - 1.5, color=GREY)
        axes.set(xlim=(0, columns), ylim=(rows * height, 0), aspect="equal")
        yield axes


def _tile(images: np.ndarray, columns: int, fill: float) -> np.ndarray:
    """Images (N, C, H, W) in rows with a small gap, as one image (C, height, width)."""
    n, channels, height, width = images.shape
    rows = -(-n // columns)
    padded = np.full((rows * columns, channels, height + 2, width + 2), fill, images.dtype)
    padded[:n, :, 1:-1, 1:-1] = images
    grid = padded.reshape(rows, columns, channels, height + 2, width + 2)
    return grid.transpose(2, 0, 3, 1, 4).reshape(channels, rows * (height + 2), columns * (width + 2))


def _show(axes, image: np.ndarray, **options) -> None:
    """Show an image (C, H, W) in [0, 255]: one channel as ink on paper, three as colours."""
    if len(image) == 1:
        axes.imshow(image[0], cmap="gray_r", vmin=0, vmax=255, **options)
    else:
        axes.imshow(image.transpose(1, 2, 0).astype(np.uint8), **options)
