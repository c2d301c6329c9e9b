"""How do features or activations lie in two dimensions, and how good is the embedding?

For each layer of an entry of `embeddings`, or for its inputs themselves, writes the t-SNE coordinates of a sample of
the test images, the quality of the embedding, the distances of the classes, and neural collapse on training images.
"""

from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import nn

from vision.data.dataset import Dataset
from vision.data.splitting import stratified_sample
from vision.embedding import quality
from vision.embedding.quality import Points
from vision.embedding.tsne import pca, tsne
from vision.nets import load_net
from vision.nets.inference import capture_activations, to_device, weighted_layers
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_table
from vision.pipeline.workers import parallel_map
from vision.scores.collapse import describe_collapse
from vision.scores.estimate import write_scores
from vision.scores.intervals import mean_estimate, share_estimate


class Sample(NamedTuple):
    """Images of one split, with the model's logits."""

    features: dict[str, np.ndarray]  # (N, D), by layer
    labels: np.ndarray
    indices: np.ndarray
    logits: np.ndarray


def main(params: Params, *, embedding: str, data: Path, weights: Path, predictions: Path, tables: Path) -> None:
    entry, net = params.embeddings[embedding], to_device(load_net(weights).net, params.device)
    draws = {"resamples": params.evaluation.resamples, "seed": params.seed}
    source = data, load_arrays(predictions), net, entry.layers, params.seed
    test = _draw_sample(*source, "test", entry.images)
    names, predicted = Dataset.load(data / "test.npz").class_names, test.logits.argmax(1)

    scores, layers, distances = {"images": len(test.labels)}, {}, []
    embed = partial(_embed, labels=test.labels, entry=entry, params=params)
    # t-SNE is partly serial: several take less time side by side, on one thread each, than in turn on all.
    each = parallel_map(embed, test.features.values()) if len(test.features) > 1 else map(embed, test.features.values())
    for (layer, features), (points, divergence) in zip(test.features.items(), each, strict=True):
        layers[layer] = points
        scores[layer] = {"n_features": features.shape[1]} | _qualities(points, divergence, predicted)
        distances += _class_distances(layer, points, names, draws)
        write_table(tables / f"{layer}.csv", _coordinates(points, test, predicted))
    for (first, before), (second, after) in pairwise(layers.items()):
        scores[f"{first}_to_{second}"] = _gains(before, after, draws)
    if entry.training_images:
        train = _draw_sample(*source, "train", entry.training_images)
        scores["training_images"] = len(train.labels)
        for layer in layers:
            scores[layer]["collapse"] = _collapse(layer, train, test, net, draws)
    write_table(tables / "distances.csv", distances)
    write_scores(tables / "scores.csv", scores)


def _draw_sample(
    data: Path, predicted: dict[str, np.ndarray], net: nn.Module, layers: list[str], seed: int, name: str, images: int
) -> Sample:
    """A stratified sample of a split; without layers, its features are the inputs."""
    split = Dataset.load(data / f"{name}.npz").splits[name].of_indices(predicted[f"{name}_indices"])
    sample = stratified_sample(split, images, seed)
    logits = predicted[f"{name}_logits"][np.isin(split.indices, sample.indices)]
    values = capture_activations(net, sample, *layers) if layers else {"features": sample.inputs}
    features = {layer: value.reshape(len(sample), -1).astype(np.float32) for layer, value in values.items()}
    return Sample(features, sample.labels, sample.indices, logits)


def _embed(features: np.ndarray, *, labels: np.ndarray, entry, params: Params) -> tuple[dict[str, Points], float]:
    """Features, their t-SNE and, for some entries, two principal components; t-SNE's divergence."""
    options = params.tsne
    points, divergence = tsne(
        features, perplexity=entry.perplexity, pca_components=options.pca_components, iterations=options.iterations,
        angle=options.angle, seed=params.seed, threads=torch.get_num_threads(),
    )  # fmt: skip
    values = {"features": features} | ({"pca": pca(features, 2, params.seed)} if entry.pca else {}) | {"tsne": points}
    return {name: Points(value, labels, options.quality_neighbours) for name, value in values.items()}, divergence


def _qualities(points: dict[str, Points], divergence: float, predicted: np.ndarray) -> dict[str, dict]:
    features, embedded = points["features"], points["tsne"]
    scores = {"features": {"silhouette": mean_estimate(features.silhouettes)}}
    scores |= {name: quality.embedding_quality(features, found) for name, found in points.items() if name != "features"}
    errors = share_estimate((embedded.votes == predicted)[predicted != features.labels])
    scores["tsne"] |= {"kl_divergence": divergence, "errors_among_predicted_class": errors}
    return scores


def _class_distances(layer: str, points: dict[str, Points], names: list[str], draws: dict[str, int]) -> list[dict]:
    rows = []
    for kind in ("features", "tsne"):
        values, labels, votes = points[kind].values, points[kind].labels, points[kind].votes
        distances = quality.centroid_distances(values, labels, **draws)
        for rank, ((first, second), distance) in enumerate(distances.items(), start=1):
            row = {"layer": layer, "points": kind, "rank": rank, "first": names[first], "second": names[second]}
            row |= distance.columns("distance")
            row |= quality.misplaced_fraction(votes, labels, first, second).columns("first_among_second")
            rows.append(row | quality.misplaced_fraction(votes, labels, second, first).columns("second_among_first"))
    return rows


def _coordinates(points: dict[str, Points], test: Sample, predicted: np.ndarray) -> pd.DataFrame:
    columns = {"index": test.indices, "label": test.labels, "predicted": predicted}
    for name, axes in (("tsne", ("x", "y")), ("pca", ("pca_x", "pca_y"))):
        if name in points:
            columns |= dict(zip(axes, points[name].values.astype(np.float64).round(2).T, strict=True))
    return pd.DataFrame(columns)


def _gains(first: dict[str, Points], second: dict[str, Points], draws: dict[str, int]) -> dict[str, dict]:
    """What a layer adds to the one before; with principal components, how well these explain the earlier ones."""
    gains = {name: quality.separation_gain(first[name], second[name]) for name in first}
    if "pca" in gains:
        gains["pca"]["explained"] = quality.procrustes_match(second["pca"].values, first["pca"].values, **draws)
    return gains


def _collapse(layer: str, train: Sample, test: Sample, net: nn.Module, draws: dict[str, int]) -> dict:
    """Neural collapse of the training features; nc3 where the net's last layer makes its logits of these features."""
    last, features = weighted_layers(net)[-1], test.features[layer]
    weights, biases = (parameter.detach().cpu().numpy() for parameter in (last.weight, last.bias))
    if weights.shape[1] != features.shape[1] or not np.allclose(features @ weights.T + biases, test.logits, 1e-3, 1e-3):
        weights = None
    decisions = train.logits.argmax(1)
    return describe_collapse(train.features[layer], train.labels, decisions=decisions, weights=weights, **draws)


if __name__ == "__main__":
    run(main)
