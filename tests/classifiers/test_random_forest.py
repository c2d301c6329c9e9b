"""The random forest: what it is made of."""

import numpy as np

from vision.classifiers.random_forest import RandomForest


def test_each_split_is_a_pixel_and_a_threshold_and_each_leaf_a_class():
    pixels, labels = np.array([[0.0]] * 20 + [[1.0]] * 20, np.float32), np.repeat([0, 1], 20)
    forest = RandomForest(trees=3, seed=0, threads=1)
    forest.fit(pixels, labels)
    assert forest.n_parameters == 3 * (2 + 2)  # two groups on a line: each tree splits once


def test_the_seed_decides_the_trees(digits):
    train, labels, test, _ = digits
    logits = []
    for seed in (0, 0, 1):
        forest = RandomForest(trees=5, seed=seed, threads=1)
        forest.fit(train, labels)
        logits.append(forest.logits(test))
    np.testing.assert_array_equal(logits[0], logits[1])
    assert not np.array_equal(logits[0], logits[2])
