"""Pictures that a network for clothing never saw: cats, and noise (rows F15 to F17, bug B4.9)."""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from skimage.data import chelsea

from vision.data.dataset import IMAGE_SCALE, Samples
from vision.pipeline.errors import UserError

COLOURS = 3
PHOTOGRAPH, NOISE = "chelsea", "noise"


class Pictures(NamedTuple):
    """Pictures of the same things in two sizes.

    Attributes:
        names: chelsea, stranger_1 and so on, noise
        indices: int64 (N,), each one's index in its published test file; -1 where it has none
        large, small: float32 (N, 3, side, side), in [0, 1]
    """

    names: list[str]
    indices: np.ndarray
    large: np.ndarray
    small: np.ndarray


def class_number(names: list[str], wanted: str, key: str) -> int:
    """The label of a class, by its name.

    Args:
        key: of params.yaml, where the name stands

    Raises:
        UserError: there is no such class
    """
    if wanted not in names:
        raise UserError(f"{key} is {wanted!r}: should be one of {', '.join(names)}, the classes of its data")
    return names.index(wanted)


def draw_class(samples: Samples, label: int, count: int, seed: int) -> Samples:
    """Samples of one class, drawn without replacement; all of them, in random order, where there are no more."""
    return samples[np.random.default_rng(seed).permutation(np.flatnonzero(samples.labels == label))[:count]]


def photograph() -> np.ndarray:
    """scikit-image's photograph of a cat, Chelsea (Stéfan van der Walt, CC0): uint8 (1, 3, 300, 300), its middle."""
    whole = chelsea().transpose(2, 0, 1)
    side = min(whole.shape[1:])
    top, left = ((length - side) // 2 for length in whole.shape[1:])
    return whole[None, :, top : top + side, left : left + side]


def grey_noise(pixels: int, low: int, high: int, seed: int) -> np.ndarray:
    """Colour noise, each value uniform between two grey levels, as the published scripts begin with.

    Returns:
        float32 (1, 3, pixels, pixels), in [low / 255, high / 255)
    """
    levels = np.random.default_rng(seed).integers(low, high, (1, COLOURS, pixels, pixels))
    return (levels / IMAGE_SCALE).astype(np.float32)


def resized(images: np.ndarray, pixels: int) -> np.ndarray:
    """Images as a network takes them, square and in colour; bilinear, of smaller ones with a filter against aliasing.

    Args:
        images: uint8 (N, C, H, W), one channel or three

    Returns:
        float32 (N, 3, pixels, pixels), in [0, 1]
    """
    scaled = torch.from_numpy(np.ascontiguousarray(images)).float() / IMAGE_SCALE
    found = F.interpolate(scaled, (pixels, pixels), mode="bilinear", antialias=True, align_corners=False)
    return found.clamp(0, 1).expand(-1, COLOURS, -1, -1).contiguous().numpy()


def collect_pictures(strangers: Samples, sides: tuple[int, int], levels: tuple[int, int], seed: int) -> Pictures:
    """The photograph, strangers, and noise.

    Args:
        strangers: images, uint8
        sides: in pixels, of the large ones and of the small ones
        levels: of grey, between which the noise lies, which is another one for each side
        seed: of the noise
    """
    names = [PHOTOGRAPH, *(f"stranger_{number}" for number in range(1, len(strangers) + 1)), NOISE]
    large, small = (
        np.concatenate([resized(photograph(), side), resized(strangers.inputs, side), grey_noise(side, *levels, seed)])
        for side in sides
    )
    return Pictures(names, np.array([-1, *strangers.indices, -1]), large, small)


def as_samples(images: np.ndarray) -> Samples:
    """Float images in [0, 1] without labels, as what computes batch by batch takes them."""
    unknown = np.zeros(len(images), np.int64)
    return Samples(images, unknown, unknown)


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Images in [0, 1] as they are drawn, uint8."""
    return np.rint(images * IMAGE_SCALE).astype(np.uint8)
