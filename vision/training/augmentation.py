"""Random affine augmentation of whole batches of images."""

import math

import torch
import torch.nn.functional as F

from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import Recipe


def random_affine(images: torch.Tensor, recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    """Flip, shift, scale, rotate and crop each image at random, in one operation on the batch, padded with black.

    Args:
        images: float32 (N, C, H, W), square
        recipe: each number is the largest change in either direction; half of the images are flipped; the crop is at
            whole pixels, from the image with crop_padding_pixels around it
        generator: on the CPU

    Raises:
        UserError: the inputs are features, and the recipe changes them
    """
    padding = recipe.crop_padding_pixels
    moves = recipe.rotation_degrees or recipe.scale_fraction or recipe.shift_pixels or padding
    if not (moves or recipe.horizontal_flip):
        return images
    if images.ndim != 4:
        raise UserError(
            "rotation_degrees, scale_fraction, shift_pixels and crop_padding_pixels must be 0 for features, "
            "and horizontal_flip false"
        )

    def uniform(largest: float) -> torch.Tensor:
        return (2 * torch.rand(len(images), generator=generator) - 1) * largest

    angle = uniform(math.radians(recipe.rotation_degrees))
    zoom = 1 + uniform(recipe.scale_fraction)
    cosine, sine = torch.cos(angle) / zoom, torch.sin(angle) / zoom
    shift = 2 * recipe.shift_pixels / images.shape[-1]  # the grid spans [-1, 1]
    across, down = uniform(shift), uniform(shift)
    if padding:
        right, below = torch.randint(-padding, padding + 1, (2, len(images)), generator=generator)
        right, below = 2 * right / images.shape[-1], 2 * below / images.shape[-1]
        across, down = across + cosine * right - sine * below, down + sine * right + cosine * below
    matrix = torch.stack([cosine, -sine, across, sine, cosine, down], dim=1).view(-1, 2, 3)
    if recipe.horizontal_flip:
        matrix[torch.rand(len(images), generator=generator) < 0.5, 0] *= -1  # the column that each pixel is read from
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)  # (N, H, W, 2)
    return F.grid_sample(images, grid.to(images.device), align_corners=False)
