"""Which of the ReLU network's layers tells the digits apart, and how far may two dimensions be trusted?

Reads the weights and the test images, as they are (bug B1.3). Writes the principal components and the t-SNE
coordinates of each hidden layer and of the logits, and what they are worth: the accuracy of neighbours, which document
001 claims and does not measure. Rows P13 to P15.
"""

from pathlib import Path

import numpy as np
from scipy.spatial import procrustes

from vision.data.dataset import Dataset
from vision.embedding.neighbours import nearest, vote
from vision.embedding.quality import embedding_quality
from vision.embedding.tsne import pca, tsne
from vision.nets import load_net
from vision.nets.inference import place
from vision.nets.taps import last_features, tap
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.results.tables import write_metrics
from vision.scores.intervals import bootstrap
from vision.scores.paired import mcnemar


def main(params: Params, *, test: Path, weights: Path, coordinates: Path, metrics: Path) -> None:
    dataset = Dataset.load(test)
    split = dataset.splits["test"][: params.representations.images]
    net = place(load_net(weights).net, params.device)
    options, k = params.tsne, params.tsne.quality_neighbours
    embeddings, layers, right = {}, {}, {}
    for name, features in tap(net, split).items():
        points, divergence = tsne(
            features, perplexity=options.perplexity, pca_components=options.pca_components,
            iterations=options.iterations, seed=params.seed, threads=params.threads,
        )  # fmt: skip
        embeddings |= {f"{name}_pca": pca(features, 2), f"{name}_tsne": points}
        layers[name] = {
            "pca": embedding_quality(features, embeddings[f"{name}_pca"], split.labels, k),
            "tsne": {"kl_divergence": divergence, **embedding_quality(features, points, split.labels, k)},
        }
        right[name] = vote(nearest(points, k), split.labels) == split.labels
    last = last_features(net)
    pair = [embeddings[f"{name}_pca"] for name in ("logits", last)]
    compared = {
        "pca": _match(*pair, params.evaluation.resamples, params.seed),
        "tsne": {"mcnemar_p": mcnemar(right["logits"], right[last])},
    }

    save_arrays(
        coordinates, labels=split.labels, indices=split.indices, class_names=np.array(dataset.class_names), **embeddings
    )
    write_metrics(metrics, {"layers": layers, "last_hidden_and_logits": compared})


def _match(first: np.ndarray, second: np.ndarray, resamples: int, seed: int) -> dict[str, float]:
    """How much of one embedding the other explains when it may be turned, mirrored and scaled: 1 is all of it."""

    def explained(chosen: np.ndarray) -> float:
        return 1 - procrustes(first[chosen], second[chosen])[2]

    low, high = bootstrap(explained, len(first), resamples, seed)
    return {"explained": explained(np.arange(len(first))), "explained_low": low, "explained_high": high}


if __name__ == "__main__":
    run(main)
