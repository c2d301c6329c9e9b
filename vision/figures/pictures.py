"""Figures made of images: errors, neighbours, weights, inputs that maximise outputs."""

import textwrap
from pathlib import Path

import numpy as np

from vision.data.dataset import Samples
from vision.figures.style import GREY, PAGE_INCHES, SPLIT_COLOURS, SPLIT_NAMES, WRONG, blank, figure

SHOWN_UNITS = 50


def draw_misclassified(path: Path, split: Samples, probabilities: np.ndarray, names: list[str], title: str) -> None:
    """The misclassified test images, most confident first, as many as fit; each with both probabilities."""
    predicted, percent = probabilities.argmax(1), 100 * probabilities
    wrong = np.flatnonzero(predicted != split.labels)
    shown = wrong[np.argsort(-probabilities[wrong].max(1), kind="stable")][:25]
    titles = [
        f"{names[guess]}: {percent[i, guess]:.1f} %\ntrue {names[truth]}: {percent[i, truth]:.1f} %"
        for i, guess, truth in zip(shown, predicted[shown], split.labels[shown], strict=True)
    ]
    notes = [f"test {index}" for index in split.indices[shown]]
    heading = f"{title}\n{len(shown)} of the {len(wrong):,} misclassified test images, most confident first"
    _draw_gallery(path, split.inputs[shown], titles, notes, 5, heading)


def draw_top_losses(path: Path, split: Samples, probabilities: np.ndarray, names: list[str], title: str) -> None:
    """The nine test images with the greatest loss, greatest first."""
    of_truth = probabilities[np.arange(len(split)), split.labels].clip(min=np.finfo(probabilities.dtype).tiny)
    shown, predicted = np.argsort(of_truth, kind="stable")[:9], probabilities.argmax(1)
    titles = [
        f"{names[guess]}, true {names[truth]}\nloss {-np.log(p):.2f} nats, p {p:.2g}"
        for guess, truth, p in zip(predicted[shown], split.labels[shown], of_truth[shown], strict=True)
    ]
    notes = [f"test {index}" for index in split.indices[shown]]
    heading = f"{title}\nthe {len(shown)} of {len(split):,} test images with the greatest loss"
    _draw_gallery(path, split.inputs[shown], titles, notes, 5, heading)


def draw_sample(path: Path, parts: dict[str, tuple[Samples, np.ndarray]], names: list[str], title: str) -> None:
    """Ten misclassified images of each split, drawn at random without replacement, always the same."""
    generator, pictures, titles, notes, heading = np.random.default_rng(0), [], [], [], title
    for name, (split, predicted) in parts.items():
        wrong = np.flatnonzero(predicted != split.labels)
        shown = np.sort(generator.permutation(wrong)[:10])
        white = np.full_like(split.inputs[:10], 0 if split.inputs.shape[1] == 1 else 255)
        missing = 10 - len(shown) if len(shown) else 0  # a split without errors takes no row
        pictures += [split.inputs[shown], white[:missing]]
        titles += [f"{names[predicted[i]]}\ntrue {names[split.labels[i]]}" for i in shown] + [""] * missing
        notes += [f"{name} {split.indices[i]}" for i in shown] + [""] * missing
        images = f"misclassified {SPLIT_NAMES[name]} images"
        heading += f"\n{len(shown)} of the {len(wrong):,} {images}, at random" if len(wrong) else f"\nno {images}"
    _draw_gallery(path, np.concatenate(pictures), titles, notes, 10, heading)


def draw_maximised(path: Path, rows: dict[str, tuple[np.ndarray, np.ndarray]], names: list[str]) -> None:
    """One image per class in each row, float (n_classes, C, H, W) in [0, 1], with the network's probability of it."""
    pictures = np.concatenate([images for images, _ in rows.values()])
    shares = [share for _, values in rows.values() for share in values]
    texts = (f"{100 * share:.2f} %" if share < 0.9999 else "> 99.99 %" for share in shares)  # softmax is below 1
    titles = [f"{name}\n{text}" for name, text in zip(names * len(rows), texts, strict=True)]
    heading = "above: " + "; below: ".join(rows)
    _draw_gallery(path, pictures.clip(0, 1) * 255, titles, [""] * len(titles), len(names), heading)


def draw_grids(path: Path, grids: dict[str, np.ndarray], height_inches: float) -> None:
    """Images, uint8 (N, C, H, W), five in a row, in grids next to each other, each under its name."""
    with figure(path, 1, len(grids), height_inches=height_inches, squeeze=False) as panels:
        for axes, (name, images) in zip(panels[0], grids.items(), strict=True):
            show_image(axes, tile(images, columns=5, fill=0))
            axes.set_title(name)


def draw_neighbours(path: Path, split: Samples, names: list[str], neighbours: dict[int, list[int]]) -> None:
    """Each query's position and those of its neighbours, nearest first, as images; another label is marked."""
    columns = 1 + max(len(near) for near in neighbours.values())
    with figure(path, len(neighbours), columns, height_inches=1.0 * len(neighbours) + 0.35, squeeze=False) as panels:
        for row, (query, near) in zip(panels, neighbours.items(), strict=True):
            for axes, position in zip(row, [query, *near], strict=True):
                show_image(axes, split.inputs[position])
                colour = "black" if split.labels[position] == split.labels[query] else WRONG
                axes.set_xlabel(names[split.labels[position]], fontsize=8, color=colour, labelpad=2)
            row[0].set_title(f"query {query}", fontsize=8, color=SPLIT_COLOURS["test"])
        for rank, axes in enumerate(panels[0, 1:], start=1):
            axes.set_title(f"neighbour {rank}" if rank == 1 else f"{rank}", fontsize=8)


def draw_kernels(path: Path, kernels: np.ndarray, title: str) -> None:
    """Every kernel, float (N, H, W), on one shared diverging scale centred on zero."""
    rows, largest = -(-len(kernels) // 8), float(np.abs(kernels).max())
    with figure(path, rows, 8, height_inches=0.98 * rows + 0.5, squeeze=False) as panels:
        for axes in panels.flat:
            blank(axes)
        for i, (axes, kernel) in enumerate(zip(panels.flat, kernels, strict=False)):
            drawn = axes.imshow(kernel, cmap="RdBu_r", vmin=-largest, vmax=largest)
            axes.set_title(str(i), fontsize=7, pad=2)
        panels[0, 0].figure.suptitle(title, fontsize=10)
        panels[0, 0].figure.colorbar(drawn, ax=panels, shrink=0.8, label="weight", pad=0.02)


def draw_first_layer(
    path: Path, layers: list[np.ndarray], shape: tuple[int, ...], title: str, names: list[str]
) -> None:
    """Each unit's weights as one image, colours averaged, all on one scale centred on zero.

    Of many units, those that weigh most in the next layer. Layers are float (units, inputs); a single one has a unit
    for each class. Inputs have shape (C, H, W).
    """
    units, columns = layers[0].reshape(-1, *shape).mean(1), 10
    text = f"first layer of {title}: all {len(units)} units"
    if len(layers) == 1:
        text, columns = textwrap.fill(f"weights of {title} for {', '.join(names)}", 90), 5
    elif len(units) > SHOWN_UNITS:
        text = f"first layer of {title}: the {SHOWN_UNITS} of {len(units)} units that weigh most in the next layer"
        units = units[np.argsort(-np.linalg.norm(layers[1], axis=0), kind="stable")[:SHOWN_UNITS]]
    largest = float(np.abs(units).max()) or 1.0
    tiled = tile(units[:, None], columns, fill=np.nan)[0]
    with figure(path, height_inches=PAGE_INCHES * tiled.shape[0] / tiled.shape[1] + 0.2) as axes:
        blank(axes)
        drawn = axes.imshow(tiled, cmap="RdBu_r", vmin=-largest, vmax=largest)
        axes.set_title(text)
        axes.figure.colorbar(drawn, ax=axes, label="weight", shrink=0.8, pad=0.02)


def show_image(axes, image: np.ndarray, **options) -> None:
    """Show an image (C, H, W) in [0, 255] without frame: one channel as ink on paper, three as colours."""
    blank(axes)
    if len(image) == 1:
        axes.imshow(image[0], cmap="gray_r", vmin=0, vmax=255, **options)
    else:
        axes.imshow(image.transpose(1, 2, 0).astype(np.uint8), **options)


def _draw_gallery(
    path: Path, images: np.ndarray, titles: list[str], notes: list[str], columns: int, heading: str
) -> None:
    """Images (N, C, H, W) in rows on one pair of axes, which is faster than many; titles above, notes below."""
    rows = max(1, -(-len(images) // columns))
    longest = max((len(line) for title in titles for line in title.split("\n")), default=1)
    # Points; a letter is on average 0.58 as wide as it is high, and titles next to each other must not touch.
    size = min(8 if columns <= 6 else 6.5, 72 * PAGE_INCHES / columns / (0.58 * max(longest, 1)))
    above, below = (0.3, 0.1) if columns <= 6 else (0.38, 0.14)
    height = 1 + above + below
    with figure(path, height_inches=PAGE_INCHES * rows * height / columns + 0.2 * (2 + heading.count("\n"))) as axes:
        blank(axes)  # also if there is no image
        for i, (image, title, note) in enumerate(zip(images, titles, notes, strict=True)):
            left, top = i % columns, i // columns * height + above
            show_image(axes, image, extent=(left + 0.06, left + 0.94, top + 0.94, top + 0.06))
            axes.text(left + 0.5, top + 0.02, title, ha="center", va="bottom", fontsize=size)
            axes.text(left + 0.5, top + 0.97, note, ha="center", va="top", fontsize=size - 1.5, color=GREY)
        axes.set(xlim=(0, columns), ylim=(rows * height, 0), aspect="equal", title=heading)


def tile(images: np.ndarray, columns: int, fill: float, gap: int = 2) -> np.ndarray:
    """Images (N, C, H, W) in rows with a gap in pixels between them, as one image (C, height, width)."""
    (n, channels, *size), before = images.shape, gap // 2
    rows, height, width = -(-n // columns), size[0] + gap, size[1] + gap
    padded = np.full((rows * columns, channels, height, width), fill, images.dtype)
    padded[:n, :, before : before - gap, before : before - gap] = images
    grid = padded.reshape(rows, columns, channels, height, width)
    return grid.transpose(2, 0, 3, 1, 4).reshape(channels, rows * height, columns * width)
