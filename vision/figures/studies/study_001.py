"""Document 001: the ReLU network's inputs, weights and layers, and the inputs that maximise its outputs."""

from pathlib import Path

import torch

from vision.data.dataset import Dataset
from vision.figures.embeddings import draw_embeddings
from vision.figures.pictures import draw_first_layer, draw_grids, draw_maximised
from vision.figures.style import SPLIT_NAMES
from vision.nets import load_net
from vision.nets.inference import weighted_layers
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table
from vision.scores.estimate import read_scores
from vision.training.augmentation import random_affine

METHODS = {"pca": ("principal components", ["pca_x", "pca_y"]), "tsne": ("t-SNE", ["x", "y"])}


def draw(params: Params, data: Path, models: Path, plots: Path, figures: Path) -> None:
    """Draw all figures of the study."""
    dataset, recipe = Dataset.load(data / "prepared/handwriting/train.npz"), params.network("relu_mlp")
    names, generator = dataset.class_names, torch.Generator().manual_seed(params.seed)
    grids = {}
    for split in ("train", "valid"):
        grids[SPLIT_NAMES[split]] = images = dataset.splits[split].inputs[:25]
        moved = random_affine(torch.from_numpy(images).float(), recipe, generator)
        grids[f"augmented {SPLIT_NAMES[split]}"] = moved.round().byte().numpy()
    draw_grids(figures / "inputs.png", grids, height_inches=2.1)
    layers = [layer.weight.detach().numpy() for layer in weighted_layers(load_net(models / "relu_mlp.pt").net)]
    draw_first_layer(figures / "weights.png", layers, images.shape[1:], params.title("relu_mlp"), names)

    folder = plots / "embeddings/relu_mlp"
    scores, embedded = read_scores(folder / "scores.csv"), params.embeddings["relu_mlp"].layers
    panels = []
    for method, (_, columns) in METHODS.items():
        for layer in embedded:
            table, share = read_table(folder / f"{layer}.csv"), scores[f"{layer}.{method}.knn_accuracy_embedding"].value
            title = f"{layer.replace('_', ' ')}: neighbours' accuracy {100 * share:.1f} %"
            panels.append((title, table[columns].to_numpy(), table.label.to_numpy()))
    draw_embeddings(figures / "representations.png", panels, names, len(embedded), [row for row, _ in METHODS.values()])

    arrays = load_arrays(data / "maximisation.npz")
    searches = {"random search": "noise", "gradient ascent": "maximised"}
    rows = {title: (arrays[key], arrays[f"{key}_probabilities"]) for title, key in searches.items()}
    draw_maximised(figures / "maximisation.png", rows, names)
