"""Augmentation of whole batches: how far images are moved, where pixels come from, and what is drawn."""

import pytest
import torch
import torch.nn.functional as F

from tests.trainings import recipe
from vision.pipeline.errors import UserError
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


def moved(images, seed=0, **changes):
    return random_affine(images, recipe(lr=1, epochs=1, batch_size=1, **changes), torch.Generator().manual_seed(seed))


def test_shift_moves_each_image_by_up_to_the_largest_both_ways():
    found = moved(dots(3, -4), shift_pixels=2)
    for place, start in zip(centroids(found), (3, -4), strict=True):
        assert place.min() == pytest.approx(start - 2, abs=0.3)
        assert place.max() == pytest.approx(start + 2, abs=0.3)
        assert (place - start).abs().max() <= 2.01
    torch.testing.assert_close(found.sum((1, 2, 3)), dots(3, -4).sum((1, 2, 3)), rtol=1e-3, atol=0)


@pytest.mark.parametrize("scale", [0, 0.3])
def test_rotation_and_scaling_are_about_the_centre_both_ways(scale):
    row, column = centroids(moved(dots(0, 10, n=600), rotation_degrees=30, scale_fraction=scale))
    distances, angles = torch.hypot(row, column), torch.rad2deg(torch.atan2(row, column))
    assert -30.1 < angles.min() < -29
    assert 29 < angles.max() < 30.1
    assert distances.min() == pytest.approx(10 * (1 - scale), abs=0.1)
    assert distances.max() == pytest.approx(10 * (1 + scale), abs=0.1)


def windows(image, padding):
    """All windows of an image's own size in it with a black border: (2 * padding + 1, 2 * padding + 1, C, H, W)."""
    side, offsets = image.shape[-1], range(2 * padding + 1)
    wide = F.pad(image, [padding] * 4)
    cut = [wide[:, down : down + side, right : right + side] for down in offsets for right in offsets]
    return torch.stack(cut).view(len(offsets), len(offsets), *image.shape)


@pytest.mark.parametrize(("padding", "shape"), [(1, (3, 6, 6)), (2, (1, 9, 9))])
def test_crop_is_a_window_of_the_padded_image_and_every_window_is_as_likely(padding, shape):
    image, n = noise(*shape), 1500
    cropped = moved(image.expand(n, *shape), crop_padding_pixels=padding)
    equal = (cropped[:, None] - windows(image, padding).flatten(0, 1)).abs().flatten(2).amax(2) < 1e-5
    assert (equal.sum(1) == 1).all()
    expected = n / (2 * padding + 1) ** 2
    assert (equal.sum(0) - expected).abs().max() < 5 * expected**0.5


def test_crop_comes_after_rotation_and_scaling():
    images, changes = dots(2, 6), {"rotation_degrees": 90, "scale_fraction": 0.2, "shift_pixels": 1}
    turned, cropped = moved(images, **changes), moved(images, crop_padding_pixels=2, **changes)
    # The same draws turn both; a dot that stays far from the border is then only moved, by whole pixels.
    offsets = torch.stack(centroids(turned)) - torch.stack(centroids(cropped))
    torch.testing.assert_close(offsets, offsets.round(), atol=0.01, rtol=0)
    for image, window, (down, right) in zip(turned, cropped, offsets.round().int().T.tolist(), strict=True):
        torch.testing.assert_close(window, windows(image, 2)[down + 2, right + 2], atol=1e-4, rtol=0)
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
    assert torch.equal(found, moved(dots(3, 4), seed=1, **changes)) == torch.equal(found, dots(3, 4)) == (numbers == 0)


@pytest.mark.parametrize("changes", [{"horizontal_flip": True}, *({key: value} for key, value in MOVING.items())])
def test_augmentation_of_features_is_refused(changes):
    features = noise(5, 7)
    assert torch.equal(moved(features), features)
    with pytest.raises(UserError, match="must be 0 for features"):
        moved(features, **changes)
