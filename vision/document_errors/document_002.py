"""What document 002's errors change: its layers, drawn probabilities, captions, other images, unnormalised images.

Logits are float (N, C), labels int (N,); `neighbours` of an image predict its class.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from scipy.special import softmax
from torch import nn

from vision.data.dataset import Dataset, Samples, assert_same_samples
from vision.data.splitting import stratified_order
from vision.document_errors import layers
from vision.document_errors.rows import Row, difference, means, share, share_of, shares, test_images
from vision.embedding.quality import Points
from vision.embedding.tsne import tsne
from vision.nets import SavedNet, load_net
from vision.nets.inference import predict, to_device
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.pipeline.workers import parallel_map
from vision.scores.estimate import Estimate, read_scores
from vision.scores.paired import paired_gain

CAPTIONS = {"handwriting_scattering": 3096, "colour_scattering": 3096}  # features, by the captions of figures 15 and 16
TUNED = "resnet18", "resnet18_document"  # of which the second trains the norms of its frozen backbone


def measure(params: Params, documents: Path, data: Path, models: Path, plots: Path) -> list[Row]:
    """All rows, from the fine-tuned ResNet-18s, their backbone, and the mean images."""
    splits = [Dataset.load(data / f"prepared/{role}/test.npz").splits["test"] for role in ("handwriting", "colour")]
    images, neighbours = params.embeddings["relu_mlp"].images, params.tsne.quality_neighbours
    orders = [stratified_order(split.labels, params.seed)[:images] for split in splits]
    shown = [split[order] for split, order in zip(splits, orders, strict=True)]
    saved = {name: load_net(models / f"{name}.pt") for name in (*TUNED, "backbone_resnet18", "colour_resnet18")}
    nets = [to_device(one.net, params.device) for name, one in saved.items() if name != TUNED[1]]
    held_out = read_scores(plots / "mean_image_in_order/scores.csv")["held_out"]
    files = (data / f"models/handwriting/{name}/predictions.npz" for name in (TUNED[0], "mean_image"))
    logits = [_logits(file, splits[0]) for file in files]
    correct = [values.argmax(1) == splits[0].labels for values in logits]
    frozen = (_frozen_accuracy(saved[name], params.finetuned[name].frozen.epochs) for name in reversed(TUNED))
    valid_images = int(read_scores(plots / "splits/handwriting/scores.csv")["images.valid"].value)
    return [
        *layers.measure_layers(*nets, *shown, neighbours, params.seed),
        *draw_probabilities(logits[0][orders[0]], shown[0].labels, neighbours, partial(_draw, params=params)),
        *(count_by_caption(name, plots / f"features/{name}/scores.csv") for name in CAPTIONS),
        evaluate_on_other_images(*correct, held_out),
        train_frozen_norms(*frozen, valid_images),
        leave_unnormalised(nets[0], splits[0], correct[0]),  # last, since it changes the network
    ]


def _logits(predictions: Path, test: Samples) -> np.ndarray:
    """A model's logits of the test images, float32 (N, C)."""
    arrays = load_arrays(predictions)
    assert_same_samples(test.indices, arrays["test_indices"])
    return arrays["test_logits"]


def _frozen_accuracy(saved: SavedNet, epochs: int) -> float | None:
    """The validation accuracy after so many epochs; None if the training ended before."""
    return {row["epoch"]: row["valid_accuracy"] for row in saved.history["curves"]}.get(epochs)


def _draw(values: np.ndarray, params: Params) -> np.ndarray:
    """The t-SNE (N, 2) that the outputs have among the embeddings."""
    perplexity = params.embeddings["resnet18_head"].perplexity
    options = {
        "pca_components": params.tsne.pca_components,
        "iterations": params.tsne.iterations,
        "angle": params.tsne.angle,
    }
    return tsne(values, perplexity=perplexity, seed=params.seed, threads=1, **options)[0]


def draw_probabilities(
    logits: np.ndarray, labels: np.ndarray, neighbours: int, draw: Callable[[np.ndarray], np.ndarray]
) -> list[Row]:
    """The output is drawn after its softmax, which moves all confident predictions into a corner.

    Args:
        draw: gives the points (N, 2) of features (N, D)
    """
    outputs = softmax(logits.astype(np.float64), axis=1).astype(np.float32), logits
    ways = [Points(drawn, labels, neighbours) for drawn in parallel_map(draw, outputs)]
    correct, separation = [way.votes == labels for way in ways], [way.silhouettes for way in ways]
    sample = f"one drawing each, {test_images(labels)}"
    return [
        Row("B2.6", "neighbours_accuracy", "percent", *shares(*correct), sample),
        Row("B2.6", "silhouette", "silhouette", *means(*separation), sample),
    ]


def count_by_caption(name: str, scores: Path) -> Row:
    """The caption of a figure gives another number of features than what is drawn has."""
    wrong, right = CAPTIONS[name], read_scores(scores)["features"].value
    ways = map(Estimate, (wrong, right, wrong - right))
    return Row("B2.7", "features", "features", *ways, "no sample", name.replace("_", " "))


def evaluate_on_other_images(network: np.ndarray, baseline: np.ndarray, held_out: Estimate) -> Row:
    """The baseline is evaluated on a part of the training file, the network on the test images.

    Args:
        network, baseline: bool (N,), which test images they classify correctly
        held_out: the baseline's accuracy on that part of the training file
    """
    wrong, change = difference(share_of(network), held_out), difference(share_of(baseline), held_out)
    sample = f"{test_images(network)}, {held_out.n:,.0f} of the training file"
    return Row("B2.8", "lead_over_baseline", "points", wrong, paired_gain(baseline, network), change, sample)


def train_frozen_norms(wrong: float | None, right: float | None, images: int) -> Row:
    """The norms of the frozen backbone train, too.

    Args:
        wrong, right: validation accuracy after the last frozen epoch; None where the training diverged before
        images: number of validation images
    """
    row = Row("B2.13", "frozen_accuracy", "percent")
    if wrong is None or right is None:
        return row._replace(left_out="a training diverged before the end of the frozen phase")
    ways = [share(round(accuracy * images), images) for accuracy in (wrong, right)]
    return row.filled((*ways, difference(*ways)), f"one training each, {images:,} validation images")


def leave_unnormalised(net: nn.Module, test: Samples, correct: np.ndarray) -> Row:
    """Images enter the network as they are; `correct` tells which it classifies correctly when normalised."""
    net.standardise = nn.Identity()
    unnormalised = predict(net, test).argmax(1) == test.labels
    return Row("B2.3", "test_accuracy", "percent", *shares(unnormalised, correct), test_images(correct))
