"""What document 001's errors change: means of batches, running accuracies, layers of training images.

Logits are float (N, C), labels int (N,), images uint8 (N, C, H, W); `neighbours` of an image predict its class.
"""

import math
from pathlib import Path

import numpy as np
import torch
from scipy.special import log_softmax, softmax

from vision.data.dataset import Dataset, Samples, assert_same_samples
from vision.data.splitting import stratified_order
from vision.document_errors.rows import Row, difference, share, share_of, test_images
from vision.embedding.quality import Points
from vision.nets import load_net
from vision.nets.inference import capture_activations, last_features, to_device
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.pipeline.schema.models import Recipe
from vision.scores.estimate import Estimate, read_scores
from vision.scores.intervals import Z, mean_estimate
from vision.scores.losses import cross_entropy
from vision.training.augmentation import random_affine

EXAMPLE = np.array([5.0, *[1.0] * 9])  # the document's ten logits; the label is one of the last nine
DECIMALS = 4  # of the probability that the document computes with
Layers = dict[str, np.ndarray]


def measure(params: Params, documents: Path, data: Path, models: Path, plots: Path) -> list[Row]:
    """All rows, from the ReLU network, its predictions and the inputs that maximise its outputs."""
    splits = Dataset.load(*(data / f"prepared/handwriting/{part}.npz" for part in ("train", "test"))).splits
    predictions = load_arrays(data / "models/handwriting/relu_mlp/predictions.npz")
    assert_same_samples(splits["test"].indices, predictions["test_indices"])
    entry, saved = params.network("relu_mlp"), load_net(models / "relu_mlp.pt")
    scores = read_scores(plots / "maximisation/scores.csv").items()
    least = [
        min(score.value for name, score in scores if name.startswith(f"{way}.probability_of_class_"))
        for way in ("random_search", "gradient")
    ]
    best_epoch = {row["epoch"]: row for row in saved.history["curves"]}.get(saved.history["best_epoch"])
    correct = predictions["train_logits"].argmax(1) == predictions["train_labels"]
    net, images = to_device(saved.net, params.device), params.embeddings["relu_mlp"].images
    parts = [split[stratified_order(split.labels, params.seed)[:images]] for split in (splits["train"], splits["test"])]
    shown, layers = (augment(parts[0], entry, params.seed), parts[1]), (last_features(net), "logits")
    train, test = (capture_activations(net, part, *layers) for part in shown)
    return [
        *average_batches(predictions["test_logits"], predictions["test_labels"], entry.batch_size),
        *count_while_training(best_epoch, len(splits["train"]), correct, len(splits["valid"])),
        *draw_training_images(train, parts[0].labels, test, parts[1].labels, params.tsne.quality_neighbours),
        include_validation_pixels(splits["train"].inputs, splits["valid"].inputs),
        search_at_random(*least),
        round_the_probability(),
    ]


def average_batches(logits: np.ndarray, labels: np.ndarray, batch_size: int) -> list[Row]:
    """Accuracy and loss are means over batches, so that an image of the smaller last batch counts for more.

    The wrong accuracy has Wilson's interval with Kish's effective number of images.
    """
    batch = np.arange(len(labels)) // batch_size
    weights = 1 / np.bincount(batch)[batch] / (batch[-1] + 1)  # (N,), which sum to 1
    correct, losses = logits.argmax(1) == labels, cross_entropy(logits, labels)
    effective = 1 / (weights**2).sum()
    wrong = share(min(1.0, float(weights @ correct)) * effective, effective)
    excess = weights - 1 / len(labels)
    accuracy = wrong, share_of(correct), _weighted(correct.astype(float), excess)
    loss = _weighted(losses, weights), mean_estimate(losses), _weighted(losses, excess)
    return [
        Row("B1.1", "test_accuracy", "percent", *accuracy, test_images(labels)),
        Row("B1.1", "test_loss", "nats", *loss, test_images(labels)),
    ]


def count_while_training(
    epoch: dict[str, float] | None, train_images: int, correct: np.ndarray, valid_images: int
) -> list[Row]:
    """A training accuracy counted on augmented images while the weights change is compared with the validation's.

    This hides over-fitting. The right way evaluates the trained network on the training images.

    Args:
        epoch: augmented_train_accuracy and valid_accuracy of the best epoch; None if none was finite
        train_images, valid_images: how many there are
        correct: bool (N,), which of a sample of training images the trained network classifies correctly, without
            augmentation
    """
    rows = Row("B1.2", "train_accuracy", "percent"), Row("B1.2", "train_less_valid_accuracy", "points")
    if epoch is None:
        return [row._replace(left_out="the training diverged in its first epoch") for row in rows]
    running = share(round(epoch["augmented_train_accuracy"] * train_images), train_images)
    valid, right = share(round(epoch["valid_accuracy"] * valid_images), valid_images), share_of(correct)
    change, sample = difference(running, right), f"{len(correct):,} training images"
    gaps = difference(running, valid), difference(right, valid)
    both = f"{sample}, {valid_images:,} validation images"
    return [rows[0].filled((running, right, change), sample), rows[1].filled((*gaps, change), both)]


def augment(samples: Samples, recipe: Recipe, seed: int) -> Samples:
    """The images as the training sees them: float32 in [0, 1], changed at random."""
    images = torch.from_numpy(samples.inputs).float() / samples.scale
    changed = random_affine(images, recipe, torch.Generator().manual_seed(seed))
    return Samples(changed.numpy(), samples.labels, samples.indices)


def draw_training_images(
    train: Layers, train_labels: np.ndarray, test: Layers, test_labels: np.ndarray, neighbours: int
) -> list[Row]:
    """Layers are drawn of augmented training images, to which the network was fitted, and not of test images."""
    rows, sample = [], f"{len(train_labels):,} training images, {len(test_labels):,} test images"
    for layer in test:
        sides = Points(train[layer], train_labels, neighbours), Points(test[layer], test_labels, neighbours)
        correct = [share_of(side.votes == side.labels) for side in sides]
        silhouette = [mean_estimate(side.silhouettes) for side in sides]
        for name, unit, ways in (("neighbours_accuracy", "percent", correct), ("silhouette", "silhouette", silhouette)):
            rows.append(Row("B1.3", name, unit, *ways, difference(*ways), sample, layer.replace("_", " ")))
    return rows


def include_validation_pixels(train: np.ndarray, valid: np.ndarray) -> Row:
    """The mean pixel that normalises the images includes the validation images."""
    brightness = [images.reshape(len(images), -1).mean(1, dtype=np.float64) / 255 for images in (train, valid)]
    wrong, right, others = mean_estimate(np.concatenate(brightness)), *map(mean_estimate, brightness)
    part = len(valid) / (len(train) + len(valid))
    change = Estimate(*(part * value for value in difference(others, right)[:3]))
    sample = f"{len(train):,} training images, {len(valid):,} validation images"
    return Row("B1.4", "mean_pixel", "number", wrong, right, change, sample)


def search_at_random(random: float, gradient: float) -> Row:
    """The most confident of many noise images is called perfect, although gradient ascent reaches more."""
    ways = map(Estimate, (random, gradient, random - gradient))
    return Row("B1.6", "least_found_probability", "percent", *ways, "no sample: one search")


def round_the_probability() -> Row:
    """A loss is the logarithm of a probability that was rounded to four decimals."""
    wrong, right = -math.log(round(float(softmax(EXAMPLE)[-1]), DECIMALS)), -float(log_softmax(EXAMPLE)[-1])
    return Row("B1.7", "example_loss", "nats", *map(Estimate, (wrong, right, wrong - right)), "no sample")


def _weighted(values: np.ndarray, weights: np.ndarray) -> Estimate:
    """The sum of weights (N,) times independent values (N,), with its normal interval."""
    total, half = float(weights @ values), Z * float(values.std(ddof=1) * math.sqrt((weights**2).sum()))
    return Estimate(total, total - half, total + half)
