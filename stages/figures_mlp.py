"""What do the networks see, hold, weigh and imagine?

Reads the training and validation images, the weights of three networks, the drawings of the ReLU network's layers and
the images that it takes for digits. Writes their figures. Rows P3, P4, P13 to P17, H2.
"""

from pathlib import Path

import numpy as np
import torch

from vision.data.dataset import Dataset
from vision.data.statistics import class_means
from vision.figures.maps import draw_representations
from vision.figures.pictures import draw_grids, draw_imagined, draw_weights
from vision.nets import load_net
from vision.nets.taps import weighted_layers
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.results.tables import read_metrics
from vision.training.augmentation import random_affine

SHOWN_UNITS = 50
WAYS = {"pca": "principal components", "tsne": "t-SNE"}


def main(
    params: Params,
    *,
    data: Path,
    softmax: Path,
    tanh: Path,
    relu: Path,
    coordinates: Path,
    representations: Path,
    imagined: Path,
    inputs_figure: Path,
    means_figure: Path,
    softmax_figure: Path,
    tanh_figure: Path,
    relu_figure: Path,
    representations_figure: Path,
    imagined_figure: Path,
) -> None:
    dataset = Dataset.load(data)
    train, names = dataset.splits["train"], dataset.class_names
    shown = train.inputs[:25]
    generator = torch.Generator().manual_seed(params.seed)
    judged = dataset.splits["valid"].inputs[:25]
    moved, moved_judged = (
        random_affine(torch.from_numpy(images).float(), params.network("relu_mlp"), generator).round().byte().numpy()
        for images in (shown, judged)
    )
    grids = {"training": shown, "as trained on": moved, "validation": judged, "validation, moved too": moved_judged}
    means = class_means(train.inputs.reshape(len(train), -1), train.labels).reshape(-1, *train.inputs.shape[1:])

    draw_grids(inputs_figure, grids, 5, height_inches=2.1)
    draw_grids(
        means_figure,
        {f"the mean image of each of the {len(names)} classes": means.round().astype(np.uint8)},
        5,
        height_inches=3.2,
    )
    for figure, path, columns in ((softmax_figure, softmax, 5), (tanh_figure, tanh, 10), (relu_figure, relu, 10)):
        draw_weights(figure, *_first_layer(path, train.inputs.shape[1:], names), columns)
    drawn, quality = load_arrays(coordinates), read_metrics(representations)
    layers = [name for name in quality if name.startswith(("hidden", "logits")) and "pca" in quality[name]]
    drawings = {
        label: {
            f"{layer.replace('_', ' ')}: neighbours {right:.1f} % right": drawn[f"{layer}_{way}"]
            for layer in layers
            for right in [100 * quality[layer][way]["knn_accuracy_drawing"]["share"]]
        }
        for way, label in WAYS.items()
    }
    draw_representations(representations_figure, drawings, drawn["labels"], names)
    found = load_arrays(imagined)
    rows = {
        "the best of the noise": (found["noise"], found["noise_probabilities"]),
        "climbed along the gradient": (found["climbed"], found["climbed_probabilities"]),
    }
    draw_imagined(imagined_figure, rows, names)


def _first_layer(path: Path, shape: tuple[int, int, int], names: list[str]) -> tuple[np.ndarray, str]:
    """The first layer's weights as one image per unit, float32 (units, H, W), colours averaged, and what they are.

    Of many units, those that weigh most in the next layer, heaviest first.
    """
    layers = weighted_layers(load_net(path).net)
    weights = layers[0].weight.detach().numpy().reshape(-1, *shape).mean(1)
    model = path.stem.replace("_", " ")
    if len(layers) == 1:
        return weights, f"weights of {model} for {', '.join(names)}"
    title = f"first layer of {model}: "
    if len(weights) <= SHOWN_UNITS:
        return weights, f"{title}all {len(weights)} units"
    heaviest = layers[1].weight.detach().norm(dim=0).argsort(descending=True, stable=True)[:SHOWN_UNITS]
    return weights[
        heaviest.numpy()
    ], f"{title}the {SHOWN_UNITS} of {len(weights)} units that weigh most in what follows"


if __name__ == "__main__":
    run(main)
