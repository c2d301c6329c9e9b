"""What document 004's errors change: its average, networks from scratch, crops, explained images and theory.

Images are uint8 (N, C, H, W), maps of a layer float (N, C, h, w), labels int (N,); divergences are in nats.
"""

from pathlib import Path

import numpy as np
from torch import nn

from vision.data.dataset import Dataset
from vision.document_errors.rows import Row, difference, runs, share_of, test_images
from vision.document_errors.scratch import measure_networks
from vision.evidence.documents import Document, read_document, reported_table
from vision.evidence.entropy import cross_entropy, divergence
from vision.explain import ood
from vision.nets import load_net
from vision.nets.inference import capture_activations, predict, to_device
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.pipeline.schema.studies import Explanations
from vision.scores.estimate import Estimate, read_scores
from vision.scores.intervals import mean_estimate

RESIZED, CROPPED, EPOCHS = 256, 224, 10  # pixels of the document's images and of its crop; its epochs


def measure(params: Params, documents: Path, data: Path, models: Path, plots: Path) -> list[Row]:
    """All rows, from what the document reported, the networks from scratch, the VGG-16 and its maximised images."""
    clothing, others = (Dataset.load(data / f"prepared/{role}/test.npz") for role in ("fashion", "colour"))
    valid_images = int(read_scores(plots / "splits/fashion/scores.csv")["images.valid"].value)
    test, options = clothing.splits["test"], params.explanations
    net = to_device(load_net(models / f"{options.model}.pt").net, params.device)
    frames = load_arrays(data / "explanations.npz")["frames"][0]  # (pictures, frames, C, H, W), of the first filter
    ends = (capture_activations(net, ood.as_samples(frames[:, at]), options.layer) for at in (0, -1))
    return [
        contradict_the_matrix(read_document(documents / "004.yaml")),
        *measure_networks(params.from_scratch.runs, models / "from_scratch", test, valid_images, params.title),
        *crop_the_centre(test.inputs),
        name_another_filter(*(maps[options.layer] for maps in ends), options.channel, options.filters[0]),
        explain_other_images(*assigned(net, clothing, others, options)),
        confuse_equal_with_constant(len(clothing.class_names)),
    ]


def assigned(net: nn.Module, clothing: Dataset, others: Dataset, options: Explanations) -> list[np.ndarray]:
    """Which test images of the out-of-distribution class, and of the explained one, the network assigns to the latter.

    Bool (N,) and (M,).
    """
    target = ood.class_number(clothing.class_names, options.target, "explanations.target")
    label = ood.class_number(others.class_names, options.stranger, "explanations.stranger")
    colour, test = others.splits["test"], clothing.splits["test"]
    ood_images = ood.resized(colour.inputs[colour.labels == label], test.inputs.shape[-1])
    return [
        predict(net, ood.as_samples(images)).argmax(1) == target
        for images in (ood_images, test.inputs[test.labels == target])
    ]


def contradict_the_matrix(document: Document) -> Row:
    """The average accuracy is not that of the document's own confusion matrix."""
    (reported,) = reported_table(document, "vgg16_average")
    counts = np.array([list(row.values())[1:] for row in reported_table(document, "vgg16_confusion")])
    right = counts.trace() / counts.sum()
    ways = map(Estimate, (reported["accuracy"], right, reported["accuracy"] - right))
    return Row("B4.1", "average_accuracy", "percent", *ways, "no sample: the document's own numbers")


def crop_the_centre(images: np.ndarray) -> list[Row]:
    """Every epoch has the same crop of an image, which loses its edges.

    The right way draws the crop's position in each epoch, or resizes the whole image to the size of the crop.
    """
    positions = (RESIZED - CROPPED + 1) ** 2
    drawn = positions * (1 - (1 - 1 / positions) ** EPOCHS)
    side, pixels = images.shape[-1], np.arange(images.shape[-1])
    first, last = side * (1 - CROPPED / RESIZED) / 2, side * (1 + CROPPED / RESIZED) / 2
    inside = np.clip(np.minimum(pixels + 1, last) - np.maximum(pixels, first), 0, 1)  # of each row, and column
    inside = np.outer(inside, inside)
    brightness = images.sum(1, dtype=np.float64)
    brightness = brightness[brightness.any((1, 2))]
    lost = mean_estimate(1 - (brightness * inside).sum((1, 2)) / brightness.sum((1, 2)))
    area = Estimate(1 - inside.mean())
    return [
        Row("B4.6", "different_crops", "images", *map(Estimate, (1, drawn, 1 - drawn)), "no sample: an expectation"),
        Row("B4.6", "lost_area", "percent", area, Estimate(0), area, "no sample"),
        Row("B4.6", "lost_brightness", "percent", lost, Estimate(0), lost, test_images(brightness)),
    ]


def name_another_filter(before: np.ndarray, after: np.ndarray, named: int, maximised: int) -> Row:
    """The text names another filter than the one whose response was maximised.

    Args:
        before, after: maps of the layer for each picture, before and after the ascent
        named, maximised: the filter that the text names below the pictures, and the filter of the ascent
    """
    rises = (after - before).mean((2, 3), dtype=np.float64)  # (N, C)
    return Row("B4.8", "response_rise", "number", *runs(rises[:, named], rises[:, maximised]), f"{len(rises)} pictures")


def explain_other_images(others: np.ndarray, own: np.ndarray) -> Row:
    """A class is explained by images that show nothing of the kind, and not by images of the class.

    Args:
        others, own: bool (N,) and (M,), which images of either kind the network assigns to the class
    """
    wrong, right = share_of(others), share_of(own)
    sample = f"{len(others):,} images of another dataset, {len(own):,} test images of the class"
    return Row("B4.9", "explained_class", "percent", wrong, right, difference(wrong, right), sample)


def confuse_equal_with_constant(n_classes: int) -> Row:
    """Cross-entropy and divergence are called equal for a constant distribution, where the entropy is between them."""
    labels, weights = np.full(n_classes, 1 / n_classes), np.arange(1, n_classes + 1)
    predictions = weights / weights.sum()  # any others have the same excess
    excess = float(cross_entropy(labels, predictions) - divergence(labels, predictions))
    return Row("B4.10", "excess", "nats", *map(Estimate, (0, excess, -excess)), f"no sample: {n_classes} classes")
