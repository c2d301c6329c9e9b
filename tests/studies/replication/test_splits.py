"""The split of a replication: the document's sizes, another one for each seed, whatever split was before."""

import numpy as np
import pytest

from vision.data.dataset import Dataset, Samples
from vision.data.statistics import channel_statistics
from vision.pipeline.errors import UserError
from vision.studies.replication.splits import draw_split, published


@pytest.fixture(scope="module")
def mnist_sized():
    labels = np.arange(60_000) % 10
    images = Samples(np.full((60_000, 1, 1, 1), 3, np.uint8), labels, np.arange(60_000))
    return Dataset({"train": images[:50_000], "valid": images[50_000:]}, list("0123456789"))


@pytest.mark.parametrize(("valid_one_in", "sizes"), [(10, [54_000, 6_000]), (6, [50_000, 10_000])])
def test_split_of_mnist_has_the_sizes_of_rows_p5_and_l2(mnist_sized, valid_one_in, sizes):
    found = draw_split(mnist_sized, valid_one_in, seed=0).splits
    assert [len(found[name]) for name in ("train", "valid")] == sizes
    assert sorted(np.concatenate([part.indices for part in found.values()])) == list(range(60_000))


def test_split_is_plain_random_and_not_by_class(mnist_sized):
    counts = np.array([np.bincount(draw_split(mnist_sized, 6, seed).splits["valid"].labels) for seed in range(20)])
    assert counts.std() == pytest.approx(np.sqrt(10_000 * 0.1 * 0.9 * 5 / 6), rel=0.2)  # hypergeometric


def test_split_keeps_labels_and_indices_and_has_the_statistics_of_all_images(dataset):
    before, found = published(dataset), draw_split(dataset, 5, seed=0)
    assert np.array_equal(before.indices, np.arange(60))
    for part in found.splits.values():
        assert np.array_equal(part.inputs, before.inputs[part.indices])
        assert np.array_equal(part.labels, before.labels[part.indices])
    assert np.array_equal((found.mean, found.std), channel_statistics(before.inputs))


def test_split_depends_on_the_seed_and_not_on_the_split_before(dataset):
    everything = published(dataset)
    other = Dataset({"train": everything[:7], "valid": everything[7:]}, dataset.class_names)
    drawn = [draw_split(data, 5, seed) for data, seed in ((dataset, 0), (other, 0), (dataset, 1))]
    first, again, another = (found.splits["valid"].indices for found in drawn)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, another)


def test_split_without_validation_images_is_refused(dataset):
    assert len(draw_split(dataset, 60, seed=0).splits["valid"]) == 1
    with pytest.raises(UserError, match=r"^valid_one_in is 61: .* 60"):
        draw_split(dataset, 61, seed=0)
