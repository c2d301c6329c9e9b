"""Augmentation of whole batches: how far images are moved, where pixels come from, and what is drawn."""

import pytest
import torch
import torch.nn.functional as F

from tests.trainings import recipe
from vision.training.augmentation import random_affine

MOVING = {"rotation_degrees": 20, "scale_fraction": 0.1, "shift_pixels": 2, "crop_padding_pixels": 2}


def dots(row, column, n=64, side=41):
    """Images of one smooth dot, at a place given from their centre."""
    rows, columns = torch.meshgrid(torch.arange(side) - side // 2, torch.arange(side) - side // 2, indexing="ij")
    return torch.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 8).expand(n, 1, side, side).contiguous()


def noise(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def centroids(images):
    """Rows and columns of the dots, from the centre: two float (N,)."""
    away = torch.arange(images.shape[-1]) - images.shape[-1] // 2
    mass = images.sum((1, 2, 3))
    return (images.sum((1, 3)) * away).sum(1) / mass, (images.sum((1, 2)) * away).sum(1) / mass


def moved(images, **changes):
    return random_affine(images, recipe(lr=1, epochs=1, batch_size=1, **changes), torch.Generator().manual_seed(0))


def test_shift_moves_each_image_by_up_to_the_largest_both_ways():
    found = moved(dots(3, -4), shift_pixels=2)
    for place, start in zip(centroids(found), (3, -4), strict=True):
        assert place.min() == pytest.approx(start - 2, abs=0.3)
        assert place.max() == pytest.approx(start + 2, abs=0.3)
        assert (place - start).abs().max() <= 2.01
    torch.testing.assert_close(found.sum((1, 2, 3)), dots(3, -4).sum((1, 2, 3)), rtol=1e-3, atol=0)


def test_rotation_and_scaling_are_about_the_centre_both_ways():
    row, column = centroids(moved(dots(0, 10, n=600), rotation_degrees=30, scale_fraction=0.3))
    distances, angles = torch.hypot(row, column), torch.rad2deg(torch.atan2(row, column))
    assert -30.1 < angles.min() < -29
    assert 29 < angles.max() < 30.1
    assert (distances.min(), distances.max()) == pytest.approx((7, 13), abs=0.1)


def test_every_window_of_the_padded_image_is_as_likely_a_crop():
    image, n = noise(2, 9, 9), 1500
    wide = F.pad(image, [2] * 4)
    windows = [wide[:, down : down + 9, right : right + 9] for down in range(5) for right in range(5)]
    cropped = moved(image.expand(n, -1, -1, -1), crop_padding_pixels=2)
    equal = (cropped[:, None] - torch.stack(windows)).abs().flatten(2).amax(2) < 1e-5
    assert (equal.sum(1) == 1).all()
    assert (equal.sum(0) - n / 25).abs().max() < 5 * (n / 25) ** 0.5


def test_crop_moves_by_whole_pixels_what_is_rotated_and_scaled():
    changes = {"rotation_degrees": 90, "scale_fraction": 0.2, "shift_pixels": 1}
    without, cropped = (moved(dots(2, 6), crop_padding_pixels=padding, **changes) for padding in (0, 2))
    offsets = torch.stack(centroids(without)) - torch.stack(centroids(cropped))  # the same draws rotate both
    torch.testing.assert_close(offsets, offsets.round(), atol=0.01, rtol=0)
    assert offsets.round().unique().tolist() == [-2, -1, 0, 1, 2]


def test_half_of_the_images_are_mirrored_left_to_right_before_the_moves():
    images = noise(200, 3, 16, 16)
    without, found = moved(images, **MOVING), moved(images, horizontal_flip=True, **MOVING)
    mirrored = (found != without).flatten(1).any(1)  # the others are the same to the bit
    assert 60 < mirrored.sum() < 140
    torch.testing.assert_close(found[mirrored], moved(images.flip(3), **MOVING)[mirrored], atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("changes", "numbers"),  # drawn for each image: an angle, a zoom, two shifts, whether it is mirrored
    [({}, 0), ({"rotation_degrees": 20}, 4), ({"rotation_degrees": 20, "horizontal_flip": True}, 5)],
)
def test_augmentation_draws_from_its_generator_alone_and_only_what_it_needs(changes, numbers):
    generator, expected = torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    torch.manual_seed(numbers)
    found = random_affine(dots(3, 4), recipe(lr=1, epochs=1, batch_size=1, **changes), generator)
    torch.rand(numbers, 64, generator=expected)
    assert torch.equal(generator.get_state(), expected.get_state())
    assert torch.equal(found, moved(dots(3, 4), **changes))
    assert torch.equal(found, dots(3, 4)) == (numbers == 0)
