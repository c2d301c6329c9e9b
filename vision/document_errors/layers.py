"""What document 002's errors with the layers of its networks change: overwritten, misnamed and exchanged activations.

Features are float (N, D), labels int (N,); `neighbours` of an image predict its class.
"""

from itertools import chain

import numpy as np
import torch
from torch import nn

from vision.data.dataset import Samples
from vision.document_errors.rows import Row, means, shares, test_images
from vision.embedding.neighbours import nearest, vote
from vision.nets.inference import capture_activations, predict
from vision.scores.estimate import Estimate
from vision.scores.separation import silhouettes

MAPS = "layer4"  # the last of the backbone
HOOKED = 1000  # images whose activations are stored twice
NORM = {"norm": "fc.0"}  # the first norm of the head of fastai version 1, which has no label
LINEAR = {"first linear layer": ("norm", "hidden"), "second linear layer": ("hidden_norm", "logits")}


def measure_layers(
    tuned: nn.Module, backbone: nn.Module, of_colour: nn.Module, shown: Samples, colour: Samples,
    neighbours: int, seed: int,
) -> list[Row]:  # fmt: skip
    """All rows, from the fine-tuned network, its backbone, the network of colour images, and images of either kind."""
    tuned.layers = NORM | tuned.layers
    before, after = outputs(backbone, shown, MAPS), outputs(tuned, shown, MAPS, "pooled", *chain(*LINEAR.values()))
    coloured, standardise = outputs(of_colour, colour, MAPS)[MAPS], of_colour.standardise
    of_colour.standardise = nn.Identity()
    unnormalised, of_colour.standardise = outputs(of_colour, colour, MAPS)[MAPS], standardise
    return [
        shuffle_labels(coloured, colour.labels, neighbours, seed),
        overwrite_in_place(tuned, shown[:HOOKED]),
        *name_norms_as_linear(after, shown.labels),
        count_copies(after["pooled"]),
        compare_features("B2.9", unnormalised, coloured, colour.labels, neighbours),
        compare_features("B2.11", after[MAPS], before[MAPS], shown.labels, neighbours),
    ]


def outputs(net: nn.Module, samples: Samples, *layers: str) -> dict[str, np.ndarray]:
    """The outputs of layers, one row for each image: float32 (N, D)."""
    captured = capture_activations(net, samples, *layers)
    return {layer: values.reshape(len(samples), -1) for layer, values in captured.items()}


def shuffle_labels(features: np.ndarray, labels: np.ndarray, neighbours: int, seed: int) -> Row:
    """The loader shuffles again, and the features of one pass are combined with the labels of another."""
    near, shuffled = nearest(features, neighbours), np.random.default_rng(seed).permutation(labels)
    correct = [vote(near, order) == order for order in (shuffled, labels)]
    return Row("B2.1", "neighbours_accuracy", "percent", *shares(*correct), test_images(labels))


def compare_features(bug: str, wrong: np.ndarray, right: np.ndarray, labels: np.ndarray, neighbours: int) -> Row:
    """Features are not those that they are called: of unnormalised images, or of the network after fine-tuning."""
    correct = [vote(nearest(features, neighbours), labels) == labels for features in (wrong, right)]
    return Row(bug, "neighbours_accuracy", "percent", *shares(*correct), test_images(labels))


def overwrite_in_place(net: nn.Module, samples: Samples) -> Row:
    """A ReLU works in place on the activations before it, which a hook has stored without a copy."""
    ways = [negative_share(net, samples, in_place) for in_place in (True, False)]
    return Row("B2.2", "negative_activations", "percent", *means(*ways), test_images(samples.labels))


def negative_share(net: nn.Module, samples: Samples, in_place: bool) -> np.ndarray:
    """The share of each image's stored activations after the first norm that are negative: float64 (N,)."""
    stored = []
    hook = net.bn1.register_forward_hook(lambda module, inputs, output: stored.append(output))
    net.relu.inplace = in_place
    try:
        predict(net, samples)
    finally:
        hook.remove()
        net.relu.inplace = False
    return torch.cat([(maps < 0).double().mean((1, 2, 3)) for maps in stored]).cpu().numpy()


def name_norms_as_linear(features: dict[str, np.ndarray], labels: np.ndarray) -> list[Row]:
    """The outputs of norms, which dropout lets pass, are shown under the names of linear layers."""
    rows = []
    for name, pair in LINEAR.items():
        ways = means(*(silhouettes(features[layer], labels) for layer in pair))
        rows.append(Row("B2.4", "silhouette", "silhouette", *ways, test_images(labels), name))
    return rows


def count_copies(pooled: np.ndarray) -> Row:
    """Maximum and mean of a map of one pixel are the same number, counted twice; `pooled` has both of each channel."""
    columns, different = pooled.shape[1], np.unique(pooled, axis=1).shape[1]
    ways = map(Estimate, (columns, different, columns - different))
    return Row("B2.5", "pooled_features", "features", *ways, f"no sample: {test_images(pooled)}")
