"""Random changes of training images, whole batches at once."""

import math

import torch
import torch.nn.functional as F

from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import Recipe


def random_affine(images: torch.Tensor, recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    """Rotate, scale, shift and mirror each image at random, in one operation on the batch; what moves in is black.

    Args:
        images: float32 (N, C, H, W), square
        recipe: rotation_degrees, scale_fraction and shift_pixels, each the largest change either way; the shift, of
            each axis, comes first and is turned and scaled with the image. Last, a window of the image's own size is
            cut, at whole pixels, from the image with crop_padding_pixels around it (row P3): black, but for what the
            rotation had turned out of the frame. With horizontal_flip one image in two is first mirrored, left to right
        generator: on the CPU

    Raises:
        UserError: these are features and not images, and the recipe changes them
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
        matrix[torch.rand(len(images), generator=generator) < 0.5, 0] *= -1  # where in the image each pixel is read
    grid = F.affine_grid(matrix, list(images.shape), align_corners=False)  # (N, H, W, 2)
    return F.grid_sample(images, grid.to(images.device), align_corners=False)
