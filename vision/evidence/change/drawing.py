"""Images drawn as text, for a page that can show none of ours."""

import hashlib
from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset, Samples
from vision.evidence.change.comparison import Comparison
from vision.evidence.change.locks import Lock, images_path
from vision.evidence.change.markdown import ROOM, code_block, fit, fold, plain, text
from vision.evidence.change.pairing import Mistake, Pair

SHADES = np.array(list(" ░▒▓█"))
ROWS_PER_LINE = 2  # a character is about twice as high as it is wide
GAP = "  "
BESIDE, MOST = 3, 12  # newly wrong images on a line, and of one model; the first line is not folded


def newly_wrong(found: Comparison) -> str:
    """Newly wrong images, the most confident mistakes first: a few of the first model, more of it and others folded."""
    drawn, missing = [], {}
    for pair in (pair for pair in found.models if pair.newly_wrong):
        role = found.locks[1].role(pair.name)
        if images := load_images(found.locks[1], role):
            drawn += _blocks(pair, *images)
        else:
            missing[role] = missing.get(role, 0) + len(pair.newly_wrong)
    more = fit(drawn[1:], ROOM["drawings"])
    lines = [
        f"The pixels of {count} newly wrong images are not here: `dvc repro split@{role}` brings {images_path(role)}."
        for role, count in missing.items()
    ]
    parts = [*drawn[:1], *([fold("More newly wrong images", "\n\n".join(more))] if more else []), *lines]
    return "\n\n".join(parts)


def _blocks(pair: Pair, samples: Samples, names: list[str]) -> list[str]:
    """A title and images side by side, as often as they need."""
    places = {int(index): place for place, index in enumerate(samples.indices)}
    known = [mistake for mistake in pair.newly_wrong if mistake.image in places][:MOST]
    blocks = []
    for start in range(0, len(known), BESIDE):
        chosen = known[start : start + BESIDE]
        images = [samples.inputs[places[mistake.image]] for mistake in chosen]
        title = f"Newly wrong by {text(pair.name)}: {start + 1} to {start + len(chosen)} of {len(pair.newly_wrong)}"
        blocks.append(f"{title}\n\n{code_block(beside(images, [_caption(mistake, names) for mistake in chosen]))}")
    return blocks


def _caption(mistake: Mistake, names: list[str]) -> list[str]:
    """Which image it is, what it is and was said to be, and what it is now said to be."""
    label, predicted = (
        names[number] if 0 <= number < len(names) else str(number) for number in (mistake.label, mistake.predicted)
    )
    return [f"{mistake.image}: {label}", f"now {predicted} ({mistake.probability:.2f})"]


def draw(image: np.ndarray) -> list[str]:
    """An image as lines of shades, one character for two pixels above each other; bright is dark.

    Args:
        image: uint8 (C, H, W) in [0, 255]; channels are averaged
    """
    grey = image.mean(0)
    grey = np.pad(grey, ((0, -len(grey) % ROWS_PER_LINE), (0, 0)))
    grey = grey.reshape(-1, ROWS_PER_LINE, grey.shape[1]).mean(1)
    shades = SHADES[np.minimum((grey / 256 * len(SHADES)).astype(int), len(SHADES) - 1)]
    return ["".join(row) for row in shades]


def beside(images: list[np.ndarray], captions: list[list[str]]) -> list[str]:
    """Images side by side, each below the lines of its caption; a caption is as wide as its image at most."""
    columns = []
    for image, caption in zip(images, captions, strict=True):
        width = image.shape[2]
        words = [plain(line, width)[:width].replace("`", "'") for line in caption]
        columns.append([line.ljust(width) for line in [*words, *draw(image)]])
    return [GAP.join(lines).rstrip() for lines in zip(*columns, strict=True)]


def load_images(lock: Lock, role: str | None) -> tuple[Samples, list[str]] | None:
    """A role's test images and class names; None where the file is not here, or not the one that dvc.lock records."""
    path = Path(images_path(role))
    if not path.is_file() or hashlib.md5(path.read_bytes()).hexdigest() != lock.outputs.get(str(path)):
        return None
    dataset = Dataset.load(path)
    return dataset.splits["test"], dataset.class_names
