"""What does the simplest classifier keep?

Reads the training images. Writes the mean image of each class. Row H2.
"""

from pathlib import Path

import numpy as np

from vision.classifiers.mean_image import class_means
from vision.data.dataset import Dataset
from vision.figures.pictures import draw_grids
from vision.pipeline.runner import run
from vision.pipeline.schema import Params


def main(params: Params, *, data: Path, figure: Path) -> None:
    dataset = Dataset.load(data)
    train = dataset.splits["train"]
    means = class_means(train.inputs.reshape(len(train), -1), train.labels).reshape(-1, *train.inputs.shape[1:])
    title = f"the mean image of each of the {len(means)} classes"
    draw_grids(figure, {title: means.round().astype(np.uint8)}, columns=5, height_inches=3.2)


if __name__ == "__main__":
    run(main)
