"""The documents' random split, and document 001's augmentation, pixel by pixel as Pillow computes it."""

import math

import numpy as np
import torch

from vision.data.dataset import Dataset, Samples
from vision.data.statistics import channel_statistics
from vision.pipeline.errors import UserError

BLOCK_IMAGES = 2000  # whose coordinates are in memory at once


def draw_split(dataset: Dataset, valid_one_in: int, seed: int) -> Dataset:
    """Divide the published training images at random, not by class, as documents 001 and 003 do.

    Mean and standard deviation are those of training and validation images, as in the documents. How the dataset was
    divided before changes nothing.

    Raises:
        UserError: no image would be left for validation
    """
    parts = dataset.splits["train"], dataset.splits["valid"]
    inputs, labels, indices = (np.concatenate([getattr(part, key) for part in parts]) for key in vars(parts[0]))
    images = Samples(inputs, labels, indices)[np.argsort(indices)]  # as in the published file
    n_valid = len(images) // valid_one_in
    if not n_valid:
        raise UserError(f"valid_one_in is {valid_one_in}: should be at most {len(images)}, the number of images")
    order = np.random.default_rng(seed).permutation(len(images))
    splits = {"train": images[order[n_valid:]], "valid": images[order[:n_valid]]}
    return Dataset(splits, dataset.class_names, *channel_statistics(images.inputs))


def random_rotate_and_crop(
    images: torch.Tensor, degrees: float, padding: int, generator: torch.Generator
) -> torch.Tensor:
    """Rotate each image about its centre by up to `degrees` in either direction, then crop it at random.

    As torchvision's RandomRotation and RandomCrop change a Pillow image: pixels are not interpolated, and what the
    rotation moves out of the frame is lost before the black border of `padding` pixels is added.

    Args:
        images: uint8 (N, C, H, W), square
        generator: on the CPU
    """
    angles = (2 * torch.rand(len(images), generator=generator, dtype=torch.float64) - 1) * math.radians(degrees)
    offsets = torch.randint(-padding, padding + 1, (len(images), 2), generator=generator)
    blocks = zip(*(values.split(BLOCK_IMAGES) for values in (images, angles, offsets)), strict=True)
    return torch.cat([_rotate_and_crop(*block) for block in blocks])


def _rotate_and_crop(images: torch.Tensor, angles: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Rotate counterclockwise, then crop from the pixel (row, column) of the offset."""
    side = images.shape[-1]
    pixels = torch.arange(side)
    rows, columns = (pixels + offsets[:, axis, None] for axis in (0, 1))  # (N, side), in the rotated image
    inside = _within(rows, side)[:, :, None] & _within(columns, side)[:, None, :]
    down, across = (values - (side - 1) / 2 for values in (rows[:, :, None], columns[:, None, :]))
    cosine, sine = torch.cos(angles)[:, None, None], torch.sin(angles)[:, None, None]
    from_rows = torch.floor(cosine * down + sine * across + side / 2).long()  # (N, side, side), in the image itself
    from_columns = torch.floor(cosine * across - sine * down + side / 2).long()
    inside &= _within(from_rows, side) & _within(from_columns, side)
    sources = torch.where(inside, from_rows * side + from_columns, 0).flatten(1).to(images.device)
    values = images.flatten(2).gather(2, sources[:, None].expand(-1, images.shape[1], -1))
    return (values * inside.flatten(1)[:, None].to(images.device)).view_as(images)


def _within(positions: torch.Tensor, side: int) -> torch.Tensor:
    return (positions >= 0) & (positions < side)
