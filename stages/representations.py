"""Which of the ReLU network's layers tells the digits apart, and how far may two dimensions be trusted?

Reads the weights and test images, as they are (bug B1.3). Writes the principal components and the t-SNE coordinates of
each hidden layer and of the logits, and what they are worth: the accuracy of neighbours, which document 001 claims and
does not measure, how far apart the classes lie, and what each layer adds to the one before. Rows P13 to P15.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
from scipy.spatial import procrustes

from vision.data.dataset import Dataset
from vision.data.splitting import stratified_order
from vision.embedding.neighbours import nearest, vote
from vision.embedding.quality import embedding_quality
from vision.embedding.tsne import pca, tsne
from vision.nets import load_net
from vision.nets.inference import to_device
from vision.nets.layers import capture_activations, last_features
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics
from vision.scores.intervals import bootstrap, mean_with_interval
from vision.scores.paired import paired_interval
from vision.scores.separation import silhouettes


def main(params: Params, *, test: Path, weights: Path, coordinates: Path, metrics: Path) -> None:
    dataset = Dataset.load(test)
    split = dataset.splits["test"]
    split = split[stratified_order(split.labels, params.seed)[: params.representations.images]]
    net = to_device(load_net(weights).net, params.device)
    options, k = params.tsne, params.tsne.quality_neighbours
    embeddings, layers, spaces = {}, {}, {}
    for name, features in capture_activations(net, split).items():
        points, divergence = tsne(
            features, perplexity=options.perplexity, pca_components=options.pca_components,
            iterations=options.iterations, seed=params.seed, threads=params.threads,
        )  # fmt: skip
        embeddings |= {f"{name}_pca": pca(features, 2), f"{name}_tsne": points}
        layers[name] = {
            "features": mean_with_interval("silhouette", silhouettes(features, split.labels)),
            "pca": embedding_quality(features, embeddings[f"{name}_pca"], split.labels, k),
            "tsne": {"kl_divergence": divergence, **embedding_quality(features, points, split.labels, k)},
        }
        spaces[name] = {"features": features, "pca": embeddings[f"{name}_pca"], "tsne": points}
    pair = [spaces[name]["pca"] for name in ("logits", last_features(net))]
    match = _match(*pair, params.evaluation.resamples, params.seed)
    steps = {
        f"{first}_to_{second}": {
            space: _gain(spaces[first][space], spaces[second][space], split.labels, k) for space in spaces[first]
        }
        for first, second in pairwise(spaces)
    }

    save_arrays(
        coordinates, labels=split.labels, indices=split.indices, class_names=np.array(dataset.class_names), **embeddings
    )
    write_metrics(metrics, {"layers": layers, "steps": steps, "last_hidden_and_logits": {"pca": match}})


def _gain(first: np.ndarray, second: np.ndarray, labels: np.ndarray, k: int) -> dict[str, float]:
    """What the second space has over the first: silhouette and accuracy of neighbours, paired on the same images."""
    right = [vote(nearest(points, k), labels) == labels for points in (first, second)]
    newly_right, newly_wrong = int((right[1] & ~right[0]).sum()), int((right[0] & ~right[1]).sum())
    low, high = paired_interval(newly_right, newly_wrong, len(labels))
    accuracy = {"images": len(labels), "knn_accuracy_gain": (newly_right - newly_wrong) / len(labels)}
    silhouette = mean_with_interval("silhouette_gain", silhouettes(second, labels) - silhouettes(first, labels))
    return {**accuracy, "knn_accuracy_gain_low": low, "knn_accuracy_gain_high": high, **silhouette}


def _match(first: np.ndarray, second: np.ndarray, resamples: int, seed: int) -> dict[str, float]:
    """How much of one embedding the other explains when it may be turned, mirrored and scaled: 1 is all of it."""

    def explained(chosen: np.ndarray) -> float:
        return 1 - procrustes(first[chosen], second[chosen])[2]

    low, high = bootstrap(explained, len(first), resamples, seed)
    return {"explained": explained(np.arange(len(first))), "explained_low": low, "explained_high": high}


if __name__ == "__main__":
    run(main)
