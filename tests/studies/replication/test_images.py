"""Document 001's augmentation, against Pillow and torchvision."""

import numpy as np
import pytest
import torch
from PIL import Image

from vision.data.fetching import import_torchvision_datasets
from vision.studies.replication.images import random_rotate_and_crop

N = 60


@pytest.fixture(scope="module")
def images():
    return torch.from_numpy(np.random.default_rng(0).integers(1, 256, (N, 1, 28, 28), np.uint8))


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def draws(generator, degrees, padding, n=N):
    """The angles and offsets that a generator gives, drawn as the module draws them."""
    angles = (2 * torch.rand(n, generator=generator, dtype=torch.float64) - 1) * degrees
    return angles, torch.randint(-padding, padding + 1, (n, 2), generator=generator)


@pytest.mark.parametrize("degrees", [5, 180])
def test_rotation_matches_pillow(degrees, images, generator):
    ours = random_rotate_and_crop(images, degrees, 0, generator)
    angles, _ = draws(generator.manual_seed(0), degrees, 0)
    pairs = zip(images[:, 0].numpy(), angles.tolist(), strict=True)
    pillows = [np.asarray(Image.fromarray(image).rotate(angle)) for image, angle in pairs]
    # Pillow rounds coordinates to 1 / 65536, so that a few nearest pixels differ.
    assert (ours[:, 0].numpy() == np.stack(pillows)).mean() > 0.999


def test_crop_matches_torchvision(images, generator):
    import_torchvision_datasets()
    from torchvision.transforms.functional import crop, pad

    ours = random_rotate_and_crop(images, 0, 2, generator)
    _, offsets = draws(generator.manual_seed(0), 0, 2)
    for image, (down, right), found in zip(images, offsets.tolist(), ours, strict=True):
        assert torch.equal(found, crop(pad(image, 2), 2 + down, 2 + right, 28, 28))
    assert set(offsets.flatten().tolist()) == set(range(-2, 3))
