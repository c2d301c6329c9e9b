"""How do the classes lie in a space of features, and what does it look like in two dimensions?

Reads a prepared dataset of features, the predictions of the model that they belong to, and its weights. Writes the
t-SNE coordinates of a stratified sample of test images, how far they may be trusted, how far apart the classes lie,
and, on training images, how far they have collapsed. Rows H9 to H12, H15 to H17, bugs B2.1, B2.6, B2.12.
"""

from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset, Samples, assert_same_samples
from vision.data.splitting import stratified_order
from vision.embedding.quality import embedding_quality
from vision.embedding.tsne import tsne
from vision.nets import load_net
from vision.nets.layers import weighted_layers
from vision.pipeline.files import load_arrays, save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics
from vision.scores.collapse import describe_collapse
from vision.scores.intervals import mean_with_interval
from vision.scores.separation import silhouettes


def main(
    params: Params, *, space: str, data: Path, test: Path, predictions: Path, weights: Path, coordinates: Path,
    metrics: Path,
) -> None:  # fmt: skip
    options, entry, predicted = params.spaces, params.spaces.of[space], load_arrays(predictions)
    judged = sample(Dataset.load(test).splits["test"], entry.images, params.seed)
    points, divergence = tsne(
        judged.inputs, perplexity=options.perplexity, pca_components=params.tsne.pca_components,
        iterations=params.tsne.iterations, seed=params.seed, threads=params.threads,
    )  # fmt: skip
    logits = of_model(predicted, "test", judged)
    learned = sample(Dataset.load(data).splits["train"], options.training_images, params.seed)
    last, decisions = _last_weights(weights, judged.inputs, logits), of_model(predicted, "train", learned).argmax(1)
    draws = {"resamples": params.evaluation.resamples, "seed": params.seed}
    collapse = describe_collapse(learned.inputs, learned.labels, weights=last, decisions=decisions, **draws)

    arrays = {"points": points, "labels": judged.labels, "indices": judged.indices, "guesses": logits.argmax(1)}
    save_arrays(coordinates, **arrays)
    tsne_quality = embedding_quality(judged.inputs, points, judged.labels, params.tsne.quality_neighbours)
    separation = mean_with_interval("silhouette", silhouettes(judged.inputs, judged.labels))
    about = {"images": len(judged), "features": judged.inputs.shape[1], "training_images": len(learned)}
    embedded = {"kl_divergence": divergence, **tsne_quality}
    write_metrics(metrics, {**about, "features_of_test": separation, "tsne": embedded, "collapse": collapse})


def sample(split: Samples, images: int, seed: int) -> Samples:
    """A stratified sample in the order of the file, its features in float32."""
    chosen = split[np.sort(stratified_order(split.labels, seed)[:images])]
    return Samples(chosen.inputs.astype(np.float32), chosen.labels, chosen.indices)


def of_model(predicted: dict[str, np.ndarray], split: str, samples: Samples) -> np.ndarray:
    """The model's logits of some samples, which are looked up by index: float32 (N, n_classes)."""
    kept = predicted[f"{split}_indices"]
    order = np.argsort(kept)
    places = order[np.searchsorted(kept, samples.indices, sorter=order)]
    assert_same_samples(kept[places], samples.indices)
    return predicted[f"{split}_logits"][places]


def _last_weights(path: Path, features: np.ndarray, logits: np.ndarray) -> np.ndarray | None:
    """The weights of the model's last layer, if it makes the model's logits of these very features; else none."""
    last = weighted_layers(load_net(path).net)[-1]
    weights, biases = (parameter.detach().numpy() for parameter in (last.weight, last.bias))
    if weights.shape[1] != features.shape[1]:
        return None
    return weights if np.allclose(features @ weights.T + biases, logits, rtol=1e-3, atol=1e-3) else None


if __name__ == "__main__":
    run(main)
