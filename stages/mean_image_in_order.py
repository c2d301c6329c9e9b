"""What do document 002's mean images name, fitted to the images that it used?

The document cuts the training file where it stands: the first 50,000 images are fitted, the last 10,000 held out. That
is another question than that of our stratified split. Reads the training and validation images and puts them into the
file's order; writes the share of both parts that is named rightly. Row H1.
"""

from pathlib import Path

import numpy as np

from vision.classifiers.mean_image import MeanImage
from vision.data.dataset import Dataset
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics
from vision.scores.intervals import proportion


def main(params: Params, *, data: Path, metrics: Path) -> None:
    splits = Dataset.load(data).splits
    parts = [splits["train"], splits["valid"]]
    order = np.argsort(np.concatenate([part.indices for part in parts]))
    rows, labels = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("rows", "labels"))
    held_out = len(labels) // params.split.valid_one_in
    model = MeanImage(seed=0, threads=1)  # it takes nothing from either
    model.fit(rows[:-held_out], labels[:-held_out])
    right = model.logits(rows).argmax(1) == labels
    write_metrics(metrics, {"fitted": proportion(right[:-held_out]), "held_out": proportion(right[-held_out:])})


if __name__ == "__main__":
    run(main)
