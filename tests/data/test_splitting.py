"""Stratified orders, and the nested subsets that are their prefixes."""

import itertools

import numpy as np
import pytest

from vision.data.dataset import Samples
from vision.data.splitting import stratified_order, stratified_sample, subset
from vision.pipeline.errors import UserError

EQUAL = np.random.default_rng(0).permutation(np.repeat(np.arange(5), 40))
UNEQUAL = np.random.default_rng(0).permutation(np.repeat(np.arange(10), [11, 12, 13, 14, 15, 16, 17, 18, 19, 80]))


@pytest.mark.parametrize(("labels", "seed"), [(EQUAL, 0), (UNEQUAL, 1)], ids=["equal", "unequal"])
def test_stratified_order_is_a_permutation_whose_prefixes_hold_each_class_within_one_image_of_its_share(labels, seed):
    order = stratified_order(labels, seed)
    np.testing.assert_array_equal(np.sort(order), np.arange(len(labels)))
    share = np.arange(1, len(labels) + 1)[:, None] * np.bincount(labels) / len(labels)
    assert np.abs(np.eye(labels.max() + 1)[labels[order]].cumsum(0) - share).max() < 1
    np.testing.assert_array_equal(order, stratified_order(labels, seed))
    assert (order != stratified_order(labels, seed + 1)).any()


def test_images_of_a_class_come_in_random_order():
    assert 10 < (np.diff(stratified_order(np.zeros(50, int), 0)) < 0).sum() < 40


def test_a_sample_is_the_start_of_the_order_in_that_of_the_file_and_all_if_there_are_fewer():
    samples = Samples(np.zeros((200, 1)), EQUAL, 3 * np.arange(200))
    sample = stratified_sample(samples, 50, seed=0)
    assert sample.indices.tolist() == sorted(3 * stratified_order(EQUAL, 0)[:50])
    assert np.bincount(sample.labels).tolist() == [10] * 5
    assert len(stratified_sample(samples, 300, seed=0)) == 200


def test_subsets_of_one_seed_are_nested_and_stratified_and_not_smaller_than_the_classes():
    train = Samples(np.zeros((160, 1, 2, 2), np.uint8), np.arange(160) % 4, np.arange(160))
    subsets = [subset(train, fraction, seed=3) for fraction in [1 / 16, 1 / 8, 1 / 4, 1 / 2, 1]]
    assert [len(part) for part in subsets] == [10, 20, 40, 80, 160]
    for small, large in itertools.pairwise(subsets):
        assert set(small.indices) < set(large.indices)
        assert np.ptp(np.bincount(small.labels, minlength=4)) <= 1
    assert set(subset(train, 0.25, seed=4).indices) != set(subsets[2].indices)
    assert len(subset(train, 4 / 160, seed=0)) == 4
    with pytest.raises(UserError, match=r"0\.01875: gives 3 images"):
        subset(train, 3 / 160, seed=0)
