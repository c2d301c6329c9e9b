"""The nearest mean image, against brute force."""

import pytest

from vision.classifiers.mean_image import MeanImage


def test_nearest_mean_is_that_of_brute_force(digits):
    train, train_labels, test, _ = digits
    classifier = MeanImage(seed=0, threads=1)
    classifier.fit(train, train_labels)
    for image, row in zip(test[:50], classifier.logits(test[:50]), strict=True):
        for label, logit in enumerate(row):
            mean = train[train_labels == label].astype(float).sum(0) / (train_labels == label).sum()
            assert logit == pytest.approx(-sum(abs(a - b) for a, b in zip(image, mean, strict=True)), rel=1e-4)
    assert classifier.n_parameters == 10 * 64
