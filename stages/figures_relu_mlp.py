"""What does the ReLU network see, what do its layers tell apart, and what does it take for a digit?

Reads the training and validation images, the network's weights, the embeddings of its layers and the images that
maximise its outputs. Writes their figures. Rows P3, P4, P13 to P17.
"""

from pathlib import Path

import torch

from vision.data.dataset import Dataset
from vision.figures.maps import draw_representations
from vision.figures.pictures import draw_grids, draw_maximised
from vision.figures.weights import draw_first_layer
from vision.nets import load_net
from vision.nets.layers import weighted_layers
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics
from vision.training.augmentation import random_affine

WAYS = {"pca": "principal components", "tsne": "t-SNE"}


def main(
    params: Params,
    *,
    data: Path,
    weights: Path,
    coordinates: Path,
    representations: Path,
    maximisation: Path,
    inputs_figure: Path,
    weights_figure: Path,
    representations_figure: Path,
    maximisation_figure: Path,
) -> None:
    dataset = Dataset.load(data)
    shown, judged = (dataset.splits[name].inputs[:25] for name in ("train", "valid"))
    generator = torch.Generator().manual_seed(params.seed)
    moved, moved_judged = (
        random_affine(torch.from_numpy(images).float(), params.network("relu_mlp"), generator).round().byte().numpy()
        for images in (shown, judged)
    )
    grids = {"training": shown, "as trained on": moved, "validation": judged, "validation, moved too": moved_judged}
    draw_grids(inputs_figure, grids, columns=5, height_inches=2.1)

    layers = [layer.weight.detach().numpy() for layer in weighted_layers(load_net(weights).net)]
    draw_first_layer(weights_figure, layers, shown.shape[1:], params.title("relu_mlp"), dataset.class_names)

    points, found = load_arrays(coordinates), read_metrics(representations)["layers"]
    embeddings = {
        label: {
            f"{layer.replace('_', ' ')}: neighbours {100 * share:.1f} % right": points[f"{layer}_{way}"]
            for layer, scores in found.items()
            for share in [scores[way]["knn_accuracy_embedding"]["share"]]
        }
        for way, label in WAYS.items()
    }
    draw_representations(representations_figure, embeddings, points["labels"], dataset.class_names)

    found = load_arrays(maximisation)
    rows = {
        "the best of the noise": (found["noise"], found["noise_probabilities"]),
        "gradient ascent": (found["maximised"], found["maximised_probabilities"]),
    }
    draw_maximised(maximisation_figure, rows, dataset.class_names)


if __name__ == "__main__":
    run(main)
