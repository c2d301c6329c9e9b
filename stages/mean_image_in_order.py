"""How accurate are document 002's mean images on the images that it used?

Document 002 fits the first 50,000 images of the training file and holds out the last 10,000, instead of a random split.
"""

from pathlib import Path

import numpy as np

from vision.classifiers.mean_image import MeanImage
from vision.data.dataset import Dataset
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.scores.estimate import write_scores
from vision.scores.intervals import share_estimate


def main(params: Params, *, data: Path, tables: Path) -> None:
    splits = Dataset.load(data / "train.npz").splits
    parts = [splits["train"], splits["valid"]]
    order = np.argsort(np.concatenate([part.indices for part in parts]))
    rows, labels = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("rows", "labels"))
    fitted = len(labels) - len(labels) // params.split.valid_one_in
    model = MeanImage(seed=0, threads=1)  # uses neither
    model.fit(rows[:fitted], labels[:fitted])
    correct = model.logits(rows).argmax(1) == labels
    shares = {"fitted": share_estimate(correct[:fitted]), "held_out": share_estimate(correct[fitted:])}
    write_scores(tables / "scores.csv", shares)


if __name__ == "__main__":
    run(main)
