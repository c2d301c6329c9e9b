"""Which features describe the same samples, for models that learn from features?

Reads a prepared dataset and, for the activations of one layer, the weights of a trained network. Writes the features
of all splits as another prepared dataset, and how many there are.
"""

from pathlib import Path
from typing import Any

import numpy as np

from vision.data.dataset import Dataset, Samples
from vision.data.statistics import feature_statistics
from vision.features import make
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.scores.estimate import write_scores

Features = tuple[dict[str, np.ndarray], int, dict[str, Any]]  # (N, D) by split, number of fitted parameters, scores


def main(params: Params, *, features: str, data: Path, weights: Path | None, prepared: Path, tables: Path) -> None:
    dataset = Dataset.load(data / "train.npz", data / "test.npz")
    if weights:
        inputs, n_parameters, scores = layer_features(params, params.layers[features], dataset, weights)
    else:
        inputs, n_parameters, scores = learned_features(params, params.features[features], dataset)
    splits = {name: Samples(inputs[name], split.labels, split.indices) for name, split in dataset.splits.items()}
    about = dataset.class_names, *feature_statistics(inputs["train"]), dataset.n_parameters + n_parameters

    Dataset({"train": splits["train"], "valid": splits["valid"]}, *about).save(prepared / "train.npz")
    Dataset({"test": splits["test"]}, *about).save(prepared / "test.npz")
    write_scores(tables / "scores.csv", {"features": inputs["train"].shape[1], **scores})


def learned_features(params: Params, entry: Any, dataset: Dataset) -> Features:
    """Features of a representation that is fitted to the training samples."""
    options = {"seed": params.seed, "threads": params.threads, "device": params.device}
    representation = make(entry.representation, entry.hyper, **options)
    inputs = {"train": representation.fit_transform(dataset.splits["train"])}
    inputs |= {name: representation.transform(dataset.splits[name]) for name in ("valid", "test")}
    return inputs, representation.n_parameters, representation.summary()


def layer_features(params: Params, entry: Any, dataset: Dataset, weights: Path) -> Features:
    """Activations of one layer of a trained network."""
    from vision.nets import load_net  # here, since other features need no torch
    from vision.nets.inference import capture_activations, count_parameters, to_device

    net = to_device(load_net(weights).net, params.device)
    inputs = {
        name: capture_activations(net, split, entry.layer)[entry.layer].reshape(len(split), -1)
        for name, split in dataset.splits.items()
    }
    return inputs, count_parameters(net), {}


if __name__ == "__main__":
    run(main)
