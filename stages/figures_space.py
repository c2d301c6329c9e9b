"""What does a space of features look like in two dimensions, and which images lie where they do not belong?

Reads the t-SNE coordinates, what they are worth, and the images. Writes them as points and as the images themselves.
Rows H9 to H13, H15 to H17.
"""

from pathlib import Path

import numpy as np

from vision.data.dataset import Dataset
from vision.figures.maps import draw_embedding
from vision.figures.thumbnails import draw_thumbnails
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics


def main(
    params: Params, *, space: str, coordinates: Path, test: Path, metrics: Path, tsne_figure: Path,
    thumbnails_figure: Path,
) -> None:  # fmt: skip
    found, worth, dataset = load_arrays(coordinates), read_metrics(metrics), Dataset.load(test)
    split = dataset.splits["test"]
    images = split.inputs[np.searchsorted(split.indices, found["indices"])]
    points, labels, guesses = found["points"], found["labels"], found["guesses"]
    model = params.title(params.spaces.of[space].model)
    title = f"{space.replace('_', ' ')}: {worth['features']:,} features of {len(labels):,} test images"
    rings = f"ringed: mistakes of {model}"

    lines = [title, rings, *quality_lines(worth["tsne"])]
    draw_embedding(tsne_figure, points, labels, guesses != labels, dataset.class_names, "\n".join(lines))
    draw_thumbnails(thumbnails_figure, points, images, labels, guesses, dataset.class_names, title)


def quality_lines(tsne: dict) -> list[str]:
    """How far an embedding may be trusted."""
    here, before = (100 * tsne[f"knn_accuracy_{space}"]["share"] for space in ("embedding", "features"))
    return [
        f"trustworthiness {tsne['trustworthiness']:.3f}, neighbours kept {tsne['knn_recall']:.2f}",
        f"neighbours' accuracy {here:.1f} %, of the features {before:.1f} %",
    ]


if __name__ == "__main__":
    run(main)
