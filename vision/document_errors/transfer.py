"""Document 002's mistakes with what it takes from ResNet-18: inputs, labels, copies, scales and other images."""

import numpy as np
from scipy.special import softmax

from vision.document_errors.rows import Measured, Row, difference, exact, means, row, share, share_change, shares
from vision.embedding.neighbours import nearest, vote
from vision.scores.separation import silhouettes


def lose_the_order_of_labels(features: np.ndarray, labels: np.ndarray, neighbours: int, seed: int) -> Row:
    """The loader shuffles anew, and the features of one pass stand beside the labels of another (bug B2.1).

    Args:
        features: float (N, D)
        labels: int (N,)
        neighbours: how many of them name an image's class
        seed: of the other order
    """
    near, other = nearest(features, neighbours), np.random.default_rng(seed).permutation(labels)
    right = [vote(near, one) == one for one in (other, labels)]
    return row("B2.1", "neighbours_accuracy", "percent", *shares(*right), sample=_test_images(labels))


def forget_to_normalise(raw: np.ndarray, normalised: np.ndarray, labels: np.ndarray) -> Row:
    """Images enter the network as they are, though it learned from normalised ones (bug B2.3).

    Args:
        raw, normalised: logits, float (N, C)
        labels: int (N,)
    """
    right = [logits.argmax(1) == labels for logits in (raw, normalised)]
    return row("B2.3", "test_accuracy", "percent", *shares(*right), sample=_test_images(labels))


def count_copies(pooled: np.ndarray) -> Row:
    """Maximum and mean of a map of one pixel are the same number, counted twice (bug B2.5).

    Args:
        pooled: float (N, D), maxima and means of each channel
    """
    called, different = pooled.shape[1], np.unique(pooled, axis=1).shape[1]
    ways = exact(called), exact(different), exact(called - different)
    return row("B2.5", "pooled_features", "features", *ways, sample=f"no sample: {len(pooled):,} test images")


def draw_probabilities(logits: np.ndarray, labels: np.ndarray, neighbours: int) -> list[Row]:
    """The output is drawn after its softmax, which presses all that is sure into a corner (bug B2.6).

    Args:
        logits: float (N, C)
        labels: int (N,)
        neighbours: how many of them name an image's class
    """
    spaces = softmax(logits.astype(np.float64), axis=1), logits
    right = [vote(nearest(space, neighbours), labels) == labels for space in spaces]
    apart = [silhouettes(space, labels) for space in spaces]
    return [
        row("B2.6", "neighbours_accuracy", "percent", *shares(*right), sample=_test_images(labels)),
        row("B2.6", "silhouette", "number", *means(*apart), sample=_test_images(labels)),
    ]


def judge_on_other_images(network: np.ndarray, baseline: np.ndarray, held_out: Measured, images: int) -> Row:
    """The baseline is judged on a part of the training file, the network on the test images (bug B2.8).

    Args:
        network, baseline: bool (N,), which test images they name rightly
        held_out: the baseline's accuracy on that part of the training file
        images: how many these are
    """
    wrong, change = difference(share(network), held_out), difference(share(baseline), held_out)
    sample = f"{len(network):,} test images, {images:,} of the training file"
    return row("B2.8", "lead_over_baseline", "points", wrong, share_change(network, baseline), change, sample=sample)


def _test_images(labels: np.ndarray) -> str:
    return f"{len(labels):,} test images"
