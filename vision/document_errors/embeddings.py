"""Document 000's mistakes with the ConvNet's 128 features: the wrong images, the wrong neighbours, the wrong layer."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from vision.data.dataset import Samples
from vision.document_errors.rows import Row, means, row, shares
from vision.embedding.neighbours import nearest, pixel_distance_ratio


def fill_with_test_images(
    features: np.ndarray, labels: np.ndarray, train_features: np.ndarray, train_labels: np.ndarray
) -> Row:
    """The loop over the training images goes over the test images (bug B0.1).

    So the array of training features holds those of the test images, in its first rows, and a test image's nearest
    neighbour in it is itself. What the other rows hold, which nothing fills, cannot be nearer.

    Args:
        features, train_features: float (N, D) and (M, D), of test and of training images
        labels, train_labels: int (N,) and (M,)
    """
    filled = _nearest_label(features, features, labels) == labels
    meant = _nearest_label(features, train_features, train_labels) == labels
    return row("B0.1", "nearest_training_image", "percent", *shares(filled, meant), sample=_test_images(labels))


def skip_the_nearest(near: np.ndarray, samples: Samples, seed: int) -> list[Row]:
    """`argsort(D[i])[k:]` leaves out the image itself and its k - 1 nearest ones (bug B0.2).

    Args:
        near: int (N, 2 k - 1), the nearest other images of each, nearest first
        samples: the N images
        seed: of the random images that neighbours are compared with
    """
    k, labels = (near.shape[1] + 1) // 2, samples.labels
    shown, nearest_ones = near[:, k - 1 :], near[:, :k]
    same = [labels[one] == labels[:, None] for one in (shown, nearest_ones)]
    ratios = [pixel_distance_ratio(samples.inputs, labels, one, seed) for one in (shown, nearest_ones)]
    all_same, some = shares(*(one.all(1) for one in same)), means(*(one.mean(1) for one in same))
    sample = _test_images(labels)
    return [
        row("B0.2", "all_neighbours_share_label", "percent", *all_same, sample=sample),
        row("B0.2", "same_label_share", "percent", *some, sample=sample),
        row("B0.2", "pixel_distance_ratio", "number", *means(*ratios), sample=sample),
    ]


def tap_before_the_activation(
    before: np.ndarray, after: np.ndarray, last: tuple[np.ndarray, np.ndarray], labels: np.ndarray, count: int
) -> list[Row]:
    """Features "before the final linear layer" are taken before the ReLU, which that layer never sees (bug B0.3).

    Args:
        before, after: float (N, D), the 128 numbers before and after their activation
        last: weights (C, D) and biases (C,) of the last layer
        labels: int (N,)
        count: how many nearest neighbours are looked at
    """
    weights, biases = last
    right = [(one @ weights.T + biases).argmax(1) == labels for one in (before, after)]
    same = [(labels[nearest(one, count)] == labels[:, None]).mean(1) for one in (before, after)]
    sample = _test_images(labels)
    return [
        row("B0.3", "last_layer_accuracy", "percent", *shares(*right), sample=sample),
        row("B0.3", "same_label_share", "percent", *means(*same), sample=sample),
    ]


def _nearest_label(features: np.ndarray, others: np.ndarray, labels: np.ndarray) -> np.ndarray:
    found = NearestNeighbors(n_neighbors=1, algorithm="auto").fit(others).kneighbors(features, return_distance=False)
    return labels[found[:, 0]]


def _test_images(labels: np.ndarray) -> str:
    return f"{len(labels):,} test images"
