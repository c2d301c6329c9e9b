"""Datasets: their order for nested subsets, their statistics, their files."""

import numpy as np
import pytest

from vision.data.dataset import Dataset, Images, channel_statistics, stratified_order

EQUAL = np.random.default_rng(0).permutation(np.repeat(np.arange(5), 40))
UNEQUAL = np.random.default_rng(0).permutation(np.repeat(np.arange(10), [11, 12, 13, 14, 15, 16, 17, 18, 19, 80]))


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.fixture
def images(generator):
    return Images(generator.integers(0, 256, (30, 3, 4, 4), np.uint8), np.arange(30) % 3, np.arange(100, 130))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("labels", [EQUAL, UNEQUAL, np.array([7])], ids=["equal", "unequal", "one image"])
def test_order_is_a_permutation_that_its_seed_decides(labels, seed):
    order = stratified_order(labels, seed)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(labels)))
    np.testing.assert_array_equal(order, stratified_order(labels, seed))
    assert len(labels) == 1 or (order != stratified_order(labels, seed + 1)).any()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("labels", [EQUAL, UNEQUAL], ids=["equal", "unequal"])
def test_every_prefix_holds_each_class_within_one_image_of_its_share(labels, seed):
    members = np.eye(labels.max() + 1)[labels[stratified_order(labels, seed)]]
    share = np.arange(1, len(labels) + 1)[:, None] * np.bincount(labels) / len(labels)
    assert np.abs(members.cumsum(0) - share).max() < 1


def test_the_images_of_a_class_come_in_random_order():
    order = stratified_order(np.zeros(50, int), 0)
    assert (np.diff(order) < 0).sum() > 10


@pytest.mark.parametrize("channels", [1, 3])
def test_channel_statistics_are_those_of_the_floats(generator, channels):
    pixels = generator.integers(0, 256, (20, channels, 6, 6), np.uint8) // np.arange(1, channels + 1)[:, None, None]
    mean, std = channel_statistics(pixels.astype(np.uint8))
    np.testing.assert_allclose(mean, (pixels / 255).mean((0, 2, 3)))
    np.testing.assert_allclose(std, (pixels / 255).std((0, 2, 3)))


def test_channel_statistics_of_flat_images_have_no_spread():
    for level in range(256):
        mean, std = channel_statistics(np.full((7, 1, 5, 5), level, np.uint8))
        assert mean == pytest.approx(level / 255)
        assert std == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("positions", [slice(2, 9), np.array([5, 3, 3])], ids=str)
def test_a_selection_keeps_images_labels_and_indices_together(images, positions):
    part = images[positions]
    chosen = np.arange(30)[positions]
    assert len(part) == len(chosen)
    np.testing.assert_array_equal(part.indices, 100 + chosen)
    np.testing.assert_array_equal(part.labels, chosen % 3)
    np.testing.assert_array_equal(part.images, images.images[chosen])


def test_a_dataset_survives_its_file_and_gives_the_same_bytes(images, tmp_path):
    dataset = Dataset({"train": images, "valid": images[:4]}, ["a", "b", "ç"], np.array([0.1] * 3), np.array([0.2] * 3))
    paths = [tmp_path / "first.npz", tmp_path / "second.npz"]
    dataset.save(paths[0])
    loaded = Dataset.load(paths[0])
    loaded.save(paths[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert loaded.splits.keys() == dataset.splits.keys()
    assert loaded.class_names == dataset.class_names
    for name, split in dataset.splits.items():
        for key, array in vars(split).items():
            found = getattr(loaded.splits[name], key)
            np.testing.assert_array_equal(found, array)
            assert found.dtype == array.dtype
    assert loaded.net_inputs == {"mean": [0.1] * 3, "std": [0.2] * 3, "image_pixels": 4, "n_classes": 3}
