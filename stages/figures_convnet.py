"""What did the ConvNet learn, and what did more images buy it?

Reads the weights, the t-SNE coordinates, the neighbours and the table of subset runs. Writes the figures of document
000 that belong to the ConvNet alone: kernels, embedding, neighbours, subset curves. Rows C5, C8, C10, C11.
"""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.figures.curves import draw_subset_curves
from vision.figures.maps import draw_embedding
from vision.figures.pictures import draw_kernels, draw_neighbours
from vision.nets import load_net
from vision.nets.layers import weighted_layers
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics, read_table


def main(
    params: Params,
    *,
    test: Path,
    weights: Path,
    coordinates: Path,
    tsne_metrics: Path,
    neighbours: Path,
    subsets: Path,
    subset_metrics: Path,
    kernels_figure: Path,
    tsne_figure: Path,
    neighbours_figure: Path,
    subsets_figure: Path,
) -> None:
    dataset, drawn, quality = Dataset.load(test), load_arrays(coordinates), read_metrics(tsne_metrics)
    split, names = dataset.splits["test"], dataset.class_names
    kernels = weighted_layers(load_net(weights).net)[0].weight.detach().numpy()
    near = {query: rows.neighbour.tolist() for query, rows in read_table(neighbours).groupby("query", sort=False)}
    title = f"t-SNE of the test embeddings: trustworthiness {quality['trustworthiness']:.3f}"

    draw_kernels(kernels_figure, kernels.mean(1), f"all {len(kernels)} kernels of the first layer")
    draw_embedding(tsne_figure, drawn["points"], drawn["labels"], drawn["wrong"], names, title)
    draw_neighbours(neighbours_figure, split.inputs, split.labels, names, near)
    draw_subset_curves(subsets_figure, read_table(subsets), read_metrics(subset_metrics)["power_law"])


if __name__ == "__main__":
    run(main)
