"""Document 001's random changes of training images, pixel by pixel as Pillow makes them."""

import math

import torch

BLOCK_IMAGES = 2000  # whose coordinates are in memory at once


def random_rotate_and_crop(
    images: torch.Tensor, degrees: float, padding: int, generator: torch.Generator
) -> torch.Tensor:
    """Rotate each image about its centre by up to `degrees` in either direction, then crop it at random.

    As torchvision's RandomRotation and RandomCrop change a Pillow image: pixels are not interpolated, and what the
    rotation moves out of the frame is lost before the black border for the crop is added.

    Args:
        images: uint8 (N, C, H, W), square
        padding: width of the border in pixels
        generator: on the CPU

    Returns:
        uint8 (N, C, H, W), on the images' device
    """
    angles = (2 * torch.rand(len(images), generator=generator, dtype=torch.float64) - 1) * math.radians(degrees)
    offsets = torch.randint(-padding, padding + 1, (len(images), 2), generator=generator)
    blocks = zip(*(values.split(BLOCK_IMAGES) for values in (images, angles, offsets)), strict=True)
    return torch.cat([_rotate_and_crop(*block) for block in blocks])


def _rotate_and_crop(images: torch.Tensor, angles: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    """Rotate each image counterclockwise by its angle, then crop it from the pixel (row, column) of its offset."""
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
