"""What do document 000's mistakes change: wrong images, wrong neighbours, wrong features, wrong training scores?

Reads the images, the ConvNet's features and weights, and the runs on growing parts of the training images. Writes one
row for each quantity, measured the wrong way and the right way. Bugs B0.1 to B0.3, B0.5, B0.6.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from vision.data.dataset import Dataset, Samples, assert_same_samples
from vision.document_errors.embeddings import fill_with_test_images, skip_the_nearest, tap_before_the_activation
from vision.document_errors.growth import call_it_ten_times, score_on_all_images
from vision.embedding.neighbours import nearest
from vision.nets import build, load_net
from vision.nets.inference import predict, to_device
from vision.nets.layers import capture_activations, weighted_layers
from vision.pipeline.checkpoints import load_checkpoint
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table, write_table
from vision.scores.classification import summarise


def main(
    params: Params, *, data: Path, test: Path, embeddings: Path, weights: Path, subset_weights: Path, subsets: Path,
    rows: Path,
) -> None:  # fmt: skip
    splits, embedded, count = Dataset.load(data, test).splits, load_arrays(embeddings), params.neighbours.count
    judged, after = splits["test"], embedded["test_features"]
    assert_same_samples(judged.indices, embedded["test_indices"])
    before, last = _before_the_activation(weights, judged, params.device)
    runs = _with_scores_on_all(read_table(subsets), subset_weights, splits["train"], params.device)
    runs = runs[~runs.diverged]

    found = [
        fill_with_test_images(after, judged.labels, embedded["train_features"], embedded["train_labels"]),
        *skip_the_nearest(nearest(after, 2 * count - 1), judged, params.seed),
        *tap_before_the_activation(before, after, last, judged.labels, count),
        *score_on_all_images(runs, len(splits["train"])),
        call_it_ten_times(runs),
    ]
    write_table(rows, found)


def _before_the_activation(weights: Path, samples: Samples, device: str) -> tuple[np.ndarray, tuple]:
    """What the layer of the features gives before its ReLU, float32 (N, D); the last layer's weights and biases."""
    net = to_device(load_net(weights).net, device)
    net.layers = {"before": "hidden", **net.layers}  # none of the network's own: no later layer sees it
    last = weighted_layers(net)[-1]
    weights_and_biases = tuple(parameter.detach().cpu().numpy() for parameter in (last.weight, last.bias))
    return capture_activations(net, samples, "before")["before"], weights_and_biases


def _with_scores_on_all(runs: pd.DataFrame, weights: Path, train: Samples, device: str) -> pd.DataFrame:
    """The table of runs with the scores of each on all training images: all_loss and all_accuracy."""
    runs = runs.assign(all_loss=runs.subset_loss.astype(float), all_accuracy=runs.subset_accuracy.astype(float))
    for saved in load_checkpoint(weights):
        own = np.isclose(runs.fraction, saved["fraction"], rtol=1e-7) & (runs.seed == saved["seed"])
        if (runs.images[own] < len(train)).all():
            net = to_device(build(saved["net"], **saved["hyper"]), device)
            net.load_state_dict(saved["weights"])
            scores = summarise(predict(net, train), train.labels)
            runs.loc[own, ["all_loss", "all_accuracy"]] = scores["loss"], scores["accuracy"]
    return runs


if __name__ == "__main__":
    run(main)
