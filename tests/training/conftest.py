"""A small dataset to learn."""

import pytest

from tests.trainings import striped_images
from vision.data.dataset import Dataset
from vision.data.statistics import channel_statistics


@pytest.fixture(scope="session")
def dataset():
    """Without a test split, which no training reads."""
    images = striped_images(60)
    return Dataset({"train": images[:40], "valid": images[40:]}, list("abc"), *channel_statistics(images.inputs[:40]))
