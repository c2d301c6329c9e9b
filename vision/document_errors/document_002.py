"""What document 002's errors change: shuffled labels, unnormalised images, copies, probabilities, other images.

Features are float (N, D), logits float (N, C), labels int (N,); `neighbours` of an image predict its class.
"""

from pathlib import Path

import numpy as np
from scipy.special import softmax
from torch import nn

from vision.data.dataset import Dataset, assert_same_samples
from vision.data.splitting import stratified_order
from vision.document_errors.rows import Row, difference, means, share_of, shares, test_images
from vision.embedding.neighbours import nearest, vote
from vision.embedding.quality import Points
from vision.nets import load_net
from vision.nets.inference import capture_activations, predict, to_device
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.scores.estimate import Estimate, read_scores
from vision.scores.paired import paired_gain


def measure(params: Params, data: Path, models: Path, plots: Path) -> list[Row]:
    """All rows, from the fine-tuned ResNet-18, the network of its backbone, and the mean images."""
    splits = [Dataset.load(data / f"prepared/{role}/test.npz").splits["test"] for role in ("handwriting", "colour")]
    orders = (stratified_order(split.labels, params.seed) for split in splits)
    images = params.embeddings["relu_mlp"].images
    shown, colour = (split[order[:images]] for split, order in zip(splits, orders, strict=True))
    nets = (load_net(models / f"{name}.pt").net for name in ("resnet18", "colour_resnet18"))
    net, backbone = (to_device(net, params.device) for net in nets)
    features = capture_activations(backbone, colour, "layer4")["layer4"].reshape(len(colour), -1)
    pooled = capture_activations(net, shown, "pooled")["pooled"]
    net.standardise = nn.Identity()
    test, labels, k = splits[0], splits[0].labels, params.tsne.quality_neighbours
    unnormalised = predict(net, test).argmax(1) == labels
    files = (data / f"models/handwriting/{model}/predictions.npz" for model in ("resnet18", "mean_image"))
    predictions = [load_arrays(file) for file in files]
    for arrays in predictions:
        assert_same_samples(test.indices, arrays["test_indices"])
    correct = [arrays["test_logits"].argmax(1) == labels for arrays in predictions]
    held_out = read_scores(plots / "mean_image_in_order/scores.csv")["held_out"]
    return [
        shuffle_labels(features, colour.labels, k, params.seed),
        Row("B2.3", "test_accuracy", "percent", *shares(unnormalised, correct[0]), test_images(labels)),
        count_copies(pooled),
        *draw_probabilities(predictions[0]["test_logits"], labels, k),
        evaluate_on_other_images(*correct, held_out),
    ]


def shuffle_labels(features: np.ndarray, labels: np.ndarray, neighbours: int, seed: int) -> Row:
    """The loader shuffles again, and the features of one pass are combined with the labels of another."""
    near, shuffled = nearest(features, neighbours), np.random.default_rng(seed).permutation(labels)
    correct = [vote(near, order) == order for order in (shuffled, labels)]
    return Row("B2.1", "neighbours_accuracy", "percent", *shares(*correct), test_images(labels))


def count_copies(pooled: np.ndarray) -> Row:
    """Maximum and mean of a map of one pixel are the same number, counted twice; `pooled` has both of each channel."""
    columns, different = pooled.shape[1], np.unique(pooled, axis=1).shape[1]
    ways = map(Estimate, (columns, different, columns - different))
    return Row("B2.5", "pooled_features", "features", *ways, f"no sample: {test_images(pooled)}")


def draw_probabilities(logits: np.ndarray, labels: np.ndarray, neighbours: int) -> list[Row]:
    """The output is drawn after its softmax, which moves all confident predictions into a corner."""
    outputs = softmax(logits.astype(np.float64), axis=1), logits
    ways = [Points(values, labels, neighbours) for values in outputs]
    correct, separation = [way.votes == labels for way in ways], [way.silhouettes for way in ways]
    return [
        Row("B2.6", "neighbours_accuracy", "percent", *shares(*correct), test_images(labels)),
        Row("B2.6", "silhouette", "silhouette", *means(*separation), test_images(labels)),
    ]


def evaluate_on_other_images(network: np.ndarray, baseline: np.ndarray, held_out: Estimate) -> Row:
    """The baseline is evaluated on a part of the training file, the network on the test images.

    Args:
        network, baseline: bool (N,), which test images they classify correctly
        held_out: the baseline's accuracy on that part of the training file
    """
    wrong, change = difference(share_of(network), held_out), difference(share_of(baseline), held_out)
    sample = f"{test_images(network)}, {held_out.n:,.0f} of the training file"
    return Row("B2.8", "lead_over_baseline", "points", wrong, paired_gain(baseline, network), change, sample)
