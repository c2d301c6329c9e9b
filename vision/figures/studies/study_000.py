"""Document 000: the ConvNet's kernels, features and neighbours, and the value of more images."""

from pathlib import Path

from vision.data.dataset import Dataset
from vision.figures.curves import draw_subset_curves
from vision.figures.embeddings import draw_embedding
from vision.figures.pictures import draw_kernels, draw_neighbours
from vision.nets import load_net
from vision.nets.inference import weighted_layers
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table
from vision.scores.estimate import read_scores


def draw(params: Params, data: Path, models: Path, plots: Path, figures: Path) -> None:
    """Draw all figures of the study."""
    dataset = Dataset.load(data / "prepared/handwriting/test.npz")
    names, heading = dataset.class_names, params.headings("handwriting")["convnet"]
    kernels = weighted_layers(load_net(models / "convnet.pt").net)[0].weight.detach().numpy()
    draw_kernels(figures / "kernels.png", kernels.mean(1), f"{heading}: all {len(kernels)} kernels of the first layer")

    folder = plots / "embeddings/convnet"
    table, scores = read_table(folder / "features.csv"), read_scores(folder / "scores.csv")
    trust = scores["features.tsne.trustworthiness"].value
    title = f"{heading}\nt-SNE of the test features: trustworthiness {trust:.3f}"
    points, wrong = table[["x", "y"]].to_numpy(), table.label != table.predicted
    draw_embedding(figures / "tsne.png", points, table.label.to_numpy(), wrong, names, title)

    near = read_table(plots / "neighbours/neighbours.csv").groupby("query", sort=False).neighbour.apply(list).to_dict()
    draw_neighbours(figures / "neighbours.png", dataset.splits["test"], names, near)

    folder = plots / "subsets/evaluation"
    runs, scores = read_table(folder / "subsets.csv"), read_scores(folder / "scores.csv")
    laws = {
        measure: {key: scores[f"power_law.test_{measure}.{key}"] for key in ("factor", "exponent", "per_decade")}
        for measure in ("loss", "error")
        if f"power_law.test_{measure}.factor" in scores
    }
    draw_subset_curves(figures / "subsets.png", runs, laws)
