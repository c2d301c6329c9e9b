"""What document 000's errors change: wrong training features, neighbours, layer and training scores.

Features are float (N, D), labels int (N,); losses are in nats, accuracies in [0, 1].
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from vision.data.dataset import Dataset, Samples, assert_same_samples
from vision.document_errors.rows import Row, factors, means, runs, shares, test_images
from vision.embedding.neighbours import nearest, pixel_distance_ratio
from vision.nets import build, load_net
from vision.nets.inference import capture_activations, predict, to_device, weighted_layers
from vision.pipeline.checkpoints import load_checkpoint
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table
from vision.scores.classification import summarise
from vision.scores.power_law import fit_power_law

NEEDED = "needs two seeds with runs of {} sizes, and losses above 0"
MEASURES = {"loss": ("nats", {"smallest": 0}), "accuracy": ("percent", {"smallest": 0, "largest": 1})}


def measure(params: Params, documents: Path, data: Path, models: Path, plots: Path) -> list[Row]:
    """All rows, from the ConvNet, its features and the runs on subsets."""
    images, features = (
        Dataset.load(*(data / f"prepared/{name}/{part}.npz" for part in ("train", "test"))).splits
        for name in ("handwriting", "convnet_features")
    )
    test, count = images["test"], params.neighbours.count
    assert_same_samples(test.indices, features["test"].indices)
    net = to_device(load_net(models / "convnet.pt").net, params.device)
    net.layers = {"before": "hidden", **net.layers}
    last = weighted_layers(net)[-1]
    weights = tuple(parameter.detach().cpu().numpy() for parameter in (last.weight, last.bias))
    before = capture_activations(net, test, "before")["before"]
    table = read_table(plots / "subsets/evaluation/subsets.csv")
    table = with_scores_on_all(table, models / "convnet_subsets.pt", images["train"], params.device)
    table = table[~table.diverged]
    return [
        loop_over_test_images(features["test"], features["train"]),
        *omit_the_nearest(nearest(features["test"].inputs, 2 * count - 1), test, params.seed),
        *take_before_relu(before, features["test"].inputs, weights, test.labels, count),
        *score_on_all_images(table, len(images["train"])),
        sixteenfold_as_tenfold(table),
    ]


def with_scores_on_all(table: pd.DataFrame, weights: Path, train: Samples, device: str) -> pd.DataFrame:
    """The table of runs with the scores of each on all training images: all_loss and all_accuracy."""
    table = table.assign(all_loss=table.subset_loss.astype(float), all_accuracy=table.subset_accuracy.astype(float))
    for run in load_checkpoint(weights):
        rows = np.isclose(table.fraction, run["fraction"], rtol=1e-7) & (table.seed == run["seed"])
        if (table.images[rows] < len(train)).all():
            net = to_device(build(run["net"], **run["hyper"]), device)
            net.load_state_dict(run["weights"])
            scores = summarise(predict(net, train), train.labels)
            table.loc[rows, ["all_loss", "all_accuracy"]] = scores["loss"].value, scores["accuracy"].value
    return table


def loop_over_test_images(test: Samples, train: Samples) -> Row:
    """The array of training features is filled with the test images', so that a test image is its own neighbour."""
    same = []
    for samples in (test, train):
        search = NearestNeighbors(n_neighbors=1, algorithm="auto").fit(samples.inputs)
        neighbours = search.kneighbors(test.inputs, return_distance=False)[:, 0]
        same.append(samples.labels[neighbours] == test.labels)
    return Row("B0.1", "nearest_training_image", "percent", *shares(*same), test_images(test.labels))


def omit_the_nearest(near: np.ndarray, samples: Samples, seed: int) -> list[Row]:
    """`argsort(D[i])[k:]` omits the image itself and its k - 1 nearest ones.

    Args:
        near: int (N, 2 k - 1), the nearest other images of each, nearest first
    """
    k, labels = (near.shape[1] + 1) // 2, samples.labels
    ways = near[:, k - 1 :], near[:, :k]
    same = [labels[way] == labels[:, None] for way in ways]
    ratios = [pixel_distance_ratio(samples.inputs, labels, way, seed) for way in ways]
    every, some = shares(*(way.all(1) for way in same)), means(*(way.mean(1) for way in same))
    return [
        Row("B0.2", "all_neighbours_share_label", "percent", *every, test_images(labels)),
        Row("B0.2", "same_label_share", "percent", *some, test_images(labels)),
        Row("B0.2", "pixel_distance_ratio", "number", *means(*ratios), test_images(labels)),
    ]


def take_before_relu(
    before: np.ndarray, after: np.ndarray, last: tuple[np.ndarray, np.ndarray], labels: np.ndarray, count: int
) -> list[Row]:
    """Features "before the final linear layer" are taken before the ReLU, and that layer never sees them.

    Args:
        last: weights (C, D) and biases (C,) of the last layer
        count: number of nearest neighbours
    """
    weights, biases = last
    correct = [(way @ weights.T + biases).argmax(1) == labels for way in (before, after)]
    same = [(labels[nearest(way, count)] == labels[:, None]).mean(1) for way in (before, after)]
    return [
        Row("B0.3", "last_layer_accuracy", "percent", *shares(*correct), test_images(labels)),
        Row("B0.3", "same_label_share", "percent", *means(*same), test_images(labels)),
    ]


def score_on_all_images(table: pd.DataFrame, train_images: int) -> list[Row]:
    """The training scores of a subset are those of all training images, most of which the network has not seen.

    Args:
        table: one row per run that did not diverge: images, seed, and subset_loss, subset_accuracy, all_loss and
            all_accuracy, of the images trained on and of all
    """
    rows = []
    for measure, (unit, limits) in MEASURES.items():
        for images, part in table[table.images < train_images].groupby("images"):
            row = Row("B0.5", f"train_{measure}", unit, at=f"{images:,} images")
            if len(part) < 2:
                rows.append(row._replace(left_out="needs two seeds that did not diverge"))
                continue
            ways = (part[f"{images_of}_{measure}"].to_numpy() for images_of in ("all", "subset"))
            rows.append(row.filled(runs(*ways, **limits), f"{len(part)} seeds"))
    row, ends = Row("B0.5", "train_loss_factor", "times"), _ends(table, ["all_loss", "subset_loss"])
    if ends is None:
        return [*rows, row._replace(left_out=NEEDED.format(2))]
    return [*rows, row.filled(factors(*(ends[1] / ends[0]).to_numpy().T), f"{len(ends[0])} seeds")]


def sixteenfold_as_tenfold(table: pd.DataFrame) -> Row:
    """The factor of the test loss from a sixteenth of the images to all is reported as that of ten times the images.

    The right way fits a power law to all runs of a seed, by images and test_loss.
    """
    row, ends = Row("B0.6", "test_loss_per_decade", "times"), _ends(table, ["test_loss"])
    if ends is None or table.images.nunique() < 3:
        return row._replace(left_out=NEEDED.format(3))
    wrong = (ends[1] / ends[0]).test_loss
    seeds = (table[table.seed == seed] for seed in wrong.index)
    laws = [fit_power_law(runs.images.to_numpy(float), runs.test_loss.to_numpy()) for runs in seeds]
    right = np.array([law.per_decade.value for law in laws])
    return row.filled(factors(wrong.to_numpy(), right), f"{len(wrong)} seeds")


def _ends(table: pd.DataFrame, names: list[str]) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """The scores of the smallest and of the largest size by seed, of seeds that have both; None of fewer than two."""
    sizes = table.images.min(), table.images.max()
    first, last = (table[table.images == images].set_index("seed")[names] for images in sizes)
    both = sorted(set(first.index) & set(last.index))
    usable = len(both) >= 2 and sizes[0] < sizes[1] and (table[names] > 0).all(axis=None)
    return (first.loc[both], last.loc[both]) if usable else None
