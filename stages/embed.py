"""Which 128 numbers does the network see when it decides?

Reads the weights and the images. Writes the features that enter the last layer for every training image and every
test image (bugs B0.1, B0.3, B0.11), with labels and sample indices. Row C6.
"""

from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset
from vision.nets import load_net
from vision.nets.inference import to_device
from vision.nets.layers import capture_activations, last_features
from vision.pipeline.files import save_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params


def main(params: Params, *, data: Path, test: Path, weights: Path, embeddings: Path) -> None:
    net, dataset = to_device(load_net(weights).net, params.device), Dataset.load(data, test)
    layer = last_features(net)
    arrays = {"class_names": np.array(dataset.class_names)}
    for name in ("train", "test"):
        split = dataset.splits[name]
        features = capture_activations(net, split, layer)[layer]
        arrays |= {f"{name}_features": features, f"{name}_labels": split.labels, f"{name}_indices": split.indices}
    save_arrays(embeddings, **arrays)


if __name__ == "__main__":
    run(main)
