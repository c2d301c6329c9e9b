"""Which 128 numbers does the network see when it decides?

Reads the weights and the images. Writes the features that enter the last layer for every training image and every
test image (bugs B0.1, B0.3, B0.11), with labels and sample indices. Row C6.
"""

from pathlib import Path

import numpy as np

from vision.datasets import Dataset
from vision.files import save_arrays
from vision.nets import load_net
from vision.params import Params
from vision.stage import run
from vision.training import in_batches


def main(params: Params, *, data: Path, test: Path, weights: Path, embeddings: Path) -> None:
    net, _ = load_net(weights)
    net.to(params.device)
    test_set = Dataset.load(test)
    arrays = {"class_names": np.array(test_set.class_names)}
    for name, split in {"train": Dataset.load(data).splits["train"], "test": test_set.splits["test"]}.items():
        features = in_batches(net.features, split.images, params.device)
        arrays |= {f"{name}_features": features, f"{name}_labels": split.labels, f"{name}_indices": split.indices}
    save_arrays(embeddings, **arrays)


if __name__ == "__main__":
    run(main)
