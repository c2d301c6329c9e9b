"""Augmentation: images are rotated, scaled, shifted and mirrored as the recipe says, and by its generator alone."""

import pytest
import torch
import torch.nn.functional as F

from tests.trainings import recipe
from vision.pipeline.errors import UserError
from vision.training.augmentation import random_affine

MOVING = {"rotation_degrees": 20, "scale_fraction": 0.1, "shift_pixels": 2, "crop_padding_pixels": 2}


def blobs(row, column, n=64, side=41):
    """Images of one smooth dot, at a place given from their centre."""
    rows, columns = torch.meshgrid(torch.arange(side) - side // 2, torch.arange(side) - side // 2, indexing="ij")
    return torch.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 8).expand(n, 1, side, side).contiguous()


def places(images):
    """Rows and columns of the dots, from the centre: two float (N,)."""
    away = torch.arange(images.shape[-1]) - images.shape[-1] // 2
    mass = images.sum((1, 2, 3))
    return (images.sum((1, 3)) * away).sum(1) / mass, (images.sum((1, 2)) * away).sum(1) / mass


def moved(images, seed=0, **changes):
    return random_affine(images, recipe(lr=1, epochs=1, batch_size=1, **changes), torch.Generator().manual_seed(seed))


def test_augmentation_by_nothing_changes_nothing():
    assert torch.equal(moved(blobs(3, 4)), blobs(3, 4))
    torch.testing.assert_close(moved(blobs(3, 4), rotation_degrees=1e-6), blobs(3, 4), atol=1e-4, rtol=0)


def test_a_shift_moves_each_image_by_its_own_up_to_the_largest_both_ways():
    dots = moved(blobs(3, -4), shift_pixels=2)
    for found, start in zip(places(dots), (3, -4), strict=True):
        assert found.min() == pytest.approx(start - 2, abs=0.3)
        assert found.max() == pytest.approx(start + 2, abs=0.3)
        assert (found - start).abs().max() <= 2.01
    torch.testing.assert_close(dots.sum((1, 2, 3)), blobs(3, -4).sum((1, 2, 3)), rtol=1e-3, atol=0)


@pytest.mark.parametrize("scale", [0, 0.3])
def test_a_rotation_turns_about_the_centre_both_ways(scale):
    row, column = places(moved(blobs(0, 10, n=1000), rotation_degrees=30, scale_fraction=scale))
    distances, angles = torch.hypot(row, column), torch.rad2deg(torch.atan2(row, column))
    assert -30.1 < angles.min() < -29
    assert 29 < angles.max() < 30.1
    assert distances.min() == pytest.approx(10 * (1 - scale), abs=0.1)
    assert distances.max() == pytest.approx(10 * (1 + scale), abs=0.1)


def test_a_scaling_keeps_the_direction_from_the_centre():
    row, column = places(moved(blobs(6, 8), scale_fraction=0.2))
    torch.testing.assert_close(torch.rad2deg(torch.atan2(row, column)), torch.full([64], 36.87), atol=0.2, rtol=0)
    distances = torch.hypot(row, column)
    assert 8 - 0.05 < distances.min() < 8.5
    assert 11.5 < distances.max() < 12 + 0.05


def windows(image, padding):
    """All windows of an image's own size in it with a black border: (2 * padding + 1, 2 * padding + 1, C, H, W)."""
    side, offsets = image.shape[-1], range(2 * padding + 1)
    wide = F.pad(image, [padding] * 4)
    cut = [wide[:, down : down + side, right : right + side] for down in offsets for right in offsets]
    return torch.stack(cut).view(len(offsets), len(offsets), *image.shape)


def places_of(images, candidates):
    """The only candidate that each image equals, as its position."""
    gaps = (images[:, None] - candidates.flatten(0, 1)).abs().flatten(2).amax(2)
    assert ((gaps < 1e-5).sum(1) == 1).all()
    return gaps.argmin(1)


@pytest.mark.parametrize(("padding", "shape"), [(1, (3, 6, 6)), (2, (1, 12, 12)), (4, (1, 9, 9))])
def test_a_crop_is_a_window_of_the_image_with_a_black_border_and_every_window_is_as_likely(padding, shape):
    image, n = torch.rand(shape, generator=torch.Generator().manual_seed(0)), 3000
    cropped = moved(image.expand(n, *shape), crop_padding_pixels=padding)
    counts = torch.bincount(places_of(cropped, windows(image, padding)), minlength=(2 * padding + 1) ** 2)
    expected = n / (2 * padding + 1) ** 2
    assert (counts - expected).abs().max() < 5 * expected**0.5


@pytest.mark.parametrize("scale", [0, 0.2])
def test_a_crop_comes_after_the_rotation_and_the_scaling(scale):
    dots = blobs(2, 6)
    changes = {"rotation_degrees": 90, "scale_fraction": scale, "shift_pixels": 1}
    turned, cropped = moved(dots, **changes), moved(dots, crop_padding_pixels=2, **changes)
    # The same draws turn both; a dot that stays far from the border is then only moved, by whole pixels.
    offsets = torch.stack(places(turned)) - torch.stack(places(cropped))
    torch.testing.assert_close(offsets, offsets.round(), atol=0.01, rtol=0)
    for image, window, (down, right) in zip(turned, cropped, offsets.round().int().T.tolist(), strict=True):
        torch.testing.assert_close(window, windows(image, 2)[down + 2, right + 2], atol=1e-4, rtol=0)
    assert offsets.round().unique().tolist() == [-2, -1, 0, 1, 2]


def test_augmented_pixels_stay_in_range_and_what_moves_in_is_black():
    white = moved(torch.ones(32, 3, 16, 16), **MOVING)
    assert white.shape == (32, 3, 16, 16)
    assert white.min() == 0
    assert white.max() <= 1 + 1e-6


def test_augmentation_depends_on_its_generator_alone():
    torch.manual_seed(1)
    first = moved(blobs(3, 4), **MOVING)
    torch.manual_seed(2)
    assert torch.equal(first, moved(blobs(3, 4), **MOVING))
    assert not torch.equal(first, moved(blobs(3, 4), seed=1, **MOVING))


def mirrored(images, seed=0, **changes):
    """Augmented with and without mirroring, and which images were mirrored: the rest is the same to the bit."""
    without = moved(images, seed, **changes)
    found = moved(images, seed, horizontal_flip=True, **changes)
    turned = (found != without).flatten(1).any(1)
    return found, without, turned


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 9, 9)])
def test_one_image_in_two_is_mirrored_left_to_right_and_the_others_are_not(shape):
    n = 1000
    images = torch.rand(n, *shape, generator=torch.Generator().manual_seed(0))
    found = moved(images, horizontal_flip=True)
    candidates = torch.stack([images, images.flip(3)], dim=1)
    gaps = (found[:, None] - candidates).abs().flatten(2).amax(2)  # (N, 2)
    assert ((gaps < 1e-5).sum(1) == 1).all()
    assert abs((gaps[:, 1] < 1e-5).sum() - n / 2) < 4 * (n / 4) ** 0.5


def test_a_mirrored_image_is_mirrored_first_and_then_moved_as_it_would_have_been():
    images = torch.rand(200, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    found, without, turned = mirrored(images, **MOVING)
    assert 60 < turned.sum() < 140
    assert torch.equal(found[~turned], without[~turned])
    expected = moved(images.flip(3), **MOVING)
    torch.testing.assert_close(found[turned], expected[turned], atol=1e-4, rtol=0)
    assert (
        found[turned] - without[turned].flip(3)
    ).abs().max() > 0.1  # moved first, the other way round: another image


def test_without_mirroring_nothing_is_drawn_for_it():
    images, generator, expected = blobs(3, 4), torch.Generator().manual_seed(0), torch.Generator().manual_seed(0)
    options = recipe(lr=1, epochs=1, batch_size=1, **{**MOVING, "crop_padding_pixels": 0})
    random_affine(images, options, generator)
    torch.rand(4, len(images), generator=expected)  # an angle, a zoom and two shifts
    assert torch.equal(generator.get_state(), expected.get_state())
    random_affine(images, options.model_copy(update={"horizontal_flip": True}), generator)
    torch.rand(5, len(images), generator=expected)
    assert torch.equal(generator.get_state(), expected.get_state())


def test_augmentation_by_nothing_draws_nothing():
    generator = torch.Generator().manual_seed(0)
    before = generator.get_state()
    random_affine(blobs(3, 4), recipe(lr=1, epochs=1, batch_size=1), generator)
    assert torch.equal(generator.get_state(), before)


@pytest.mark.parametrize(
    "changes", [{"horizontal_flip": True}, *({key: value} for key, value in MOVING.items())], ids=str
)
def test_features_cannot_be_moved_or_mirrored(changes):
    features = torch.rand(5, 7)
    assert torch.equal(moved(features), features)
    with pytest.raises(UserError) as caught:
        moved(features, **changes)
    assert str(caught.value) == (
        "rotation_degrees, scale_fraction, shift_pixels and crop_padding_pixels must be 0 for features, "
        "and horizontal_flip false"
    )
