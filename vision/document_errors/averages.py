"""Document 001's mistakes with averages: of what, when, and over which images they are taken."""

import math

import numpy as np
from scipy.special import log_softmax, softmax

from vision.document_errors.rows import Measured, Row, counted, difference, exact, left_out, mean, row, share
from vision.scores.intervals import Z
from vision.scores.losses import cross_entropy

EXAMPLE = np.array([5.0, *[1.0] * 9])  # the document's ten logits; the label is one of the last nine
PRINTED_DECIMALS = 4  # of the probability that the document computes with


def average_batches(logits: np.ndarray, labels: np.ndarray, batch_size: int) -> list[Row]:
    """Accuracy and loss are means over batches, of which the last is smaller, not over images (bug B1.1).

    Each image of the last batch then counts for more. The wrong mean's interval is that of a weighted mean, Wilson's
    with Kish's effective number of images where it is a share.

    Args:
        logits: float (N, C), in the order of the batches
        labels: int (N,)
    """
    images = len(labels)
    batch = np.arange(images) // batch_size
    weights = 1 / np.bincount(batch)[batch] / (batch[-1] + 1)  # (N,), which sum to 1
    sample = f"{images:,} test images"
    correct, losses = logits.argmax(1) == labels, cross_entropy(logits, labels)
    effective = 1 / (weights**2).sum()
    wrong = counted(min(1.0, float(weights @ correct)) * effective, effective)
    accuracy = wrong, share(correct), _weighted(correct.astype(float), weights - 1 / images)
    loss = _weighted(losses, weights), mean(losses), _weighted(losses, weights - 1 / images)
    return [
        row("B1.1", "test_accuracy", "percent", *accuracy, sample=sample),
        row("B1.1", "test_loss", "nats", *loss, sample=sample),
    ]


def watch_the_running_accuracy(epoch: dict[str, float] | None, correct: np.ndarray, valid_images: int) -> list[Row]:
    """A training accuracy counted while the weights still change, on augmented images, is put beside the validation's.

    So no network seems to overfit (bug B1.2). The right way asks the finished network about the training images.

    Args:
        epoch: augmented_train_accuracy and valid_accuracy, in [0, 1], of the epoch whose weights were kept; None if
            none was finite
        correct: bool (N,), which training images those weights name rightly, as they are
        valid_images: how many there are
    """
    names = ("train_accuracy", "percent"), ("train_less_valid_accuracy", "points")
    if epoch is None:
        return [left_out("B1.2", *name, "the training diverged in its first epoch") for name in names]
    running = counted(round(epoch["augmented_train_accuracy"] * len(correct)), len(correct))
    valid, right = counted(round(epoch["valid_accuracy"] * valid_images), valid_images), share(correct)
    change, sample = difference(running, right), f"{len(correct):,} training images"
    gaps = difference(running, valid), difference(right, valid)
    both = f"{sample}, {valid_images:,} validation images"
    return [
        row("B1.2", *names[0], running, right, change, sample=sample),
        row("B1.2", *names[1], *gaps, change, sample=both),
    ]


def measure_all_pixels(train: np.ndarray, valid: np.ndarray) -> Row:
    """The mean pixel that normalises the images is taken over the validation images too (bug B1.4).

    Args:
        train, valid: uint8 (N, C, H, W) and (M, C, H, W)
    """
    brightness = [images.reshape(len(images), -1).mean(1, dtype=np.float64) / 255 for images in (train, valid)]
    wrong, right, others = mean(np.concatenate(brightness)), *map(mean, brightness)
    part = len(valid) / (len(train) + len(valid))
    change = Measured(*(part * value for value in difference(others, right)))
    sample = f"{len(train):,} training images, {len(valid):,} validation images"
    return row("B1.4", "mean_pixel", "number", wrong, right, change, sample=sample)


def search_at_random(random: list[float], ascended: list[float]) -> Row:
    """The most confident of many images of noise is called a perfect one (bug B1.6): gradient ascent finds better.

    Args:
        random, ascended: the highest probability that either way found, of each class (C,)
    """
    ways = exact(min(random)), exact(min(ascended))
    change = exact(min(random) - min(ascended))
    return row("B1.6", "least_found_probability", "percent", *ways, change, sample="no sample: one search")


def round_the_probability() -> Row:
    """A loss is taken from a probability that was rounded to four decimals before (bug B1.7)."""
    wrong = -math.log(round(float(softmax(EXAMPLE)[-1]), PRINTED_DECIMALS))
    right = -float(log_softmax(EXAMPLE)[-1])
    return row("B1.7", "example_loss", "nats", exact(wrong), exact(right), exact(wrong - right), sample="no sample")


def _weighted(values: np.ndarray, weights: np.ndarray) -> Measured:
    """The sum of weights (N,) times independent values (N,), with its normal interval."""
    total, half = float(weights @ values), Z * float(values.std(ddof=1) * math.sqrt((weights**2).sum()))
    return Measured(total, total - half, total + half)
