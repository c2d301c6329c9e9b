"""Document 003: searches of softmax regression and the tanh network, and replications of the documents' settings."""

from pathlib import Path

import numpy as np
import pandas as pd

from vision.data.dataset import Dataset
from vision.figures.curves import draw_sweep
from vision.figures.forest import draw_replications
from vision.figures.pictures import draw_first_layer
from vision.figures.searches import draw_grid, draw_grid_curves, draw_lambda_search
from vision.figures.style import SPLIT_NAMES
from vision.nets import load_net
from vision.nets.inference import weighted_layers
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table
from vision.scores.estimate import read_scores

SWEEP = "softmax_lambdas"


def draw(params: Params, data: Path, models: Path, plots: Path, figures: Path) -> None:
    """Draw all figures of the study."""
    headings = params.headings("handwriting")
    softmax, tanh = headings["softmax"], headings["tanh_mlp"]
    draw_lambda_search(figures / "softmax_lambda.png", *_read_round(data, plots, "softmax", 1), softmax)
    runs, accuracies, _ = _read_round(data, plots, "tanh_mlp", 1)
    grid = ~runs.new_seed.to_numpy()
    draw_grid_curves(figures / "grid_curves.png", runs[grid], [accuracies[i] for i in np.flatnonzero(grid)], tanh)
    margin = read_scores(plots / "models/handwriting/tanh_mlp/evaluation/scores.csv").get("search.margin_of_round_1")
    title = "a single point"
    if margin:
        points = "{:.2f} points ({:.2f} to {:.2f})".format(*(100 * number for number in margin[:3]))
        title = f"the framed point is {points} better than the second, over seeds and images"
    draw_grid(figures / "grid.png", runs[grid], f"{tanh}\n{title}")
    draw_lambda_search(figures / "tanh_lambda.png", *_read_round(data, plots, "tanh_mlp", 2), tanh)

    dataset = Dataset.load(data / "prepared/handwriting/train.npz")
    shape = dataset.splits["train"].inputs.shape[1:]
    for name, figure in (("softmax", "softmax_weights"), ("tanh_mlp", "tanh_weights")):
        layers = [layer.weight.detach().numpy() for layer in weighted_layers(load_net(models / f"{name}.pt").net)]
        draw_first_layer(figures / f"{figure}.png", layers, shape, params.title(name), dataset.class_names)

    tables = []
    for name, entry in params.replications.items():
        if name != SWEEP:
            table = read_table(plots / "replications" / name / "evaluation/reported.csv")
            splits = table.split.replace(SPLIT_NAMES)
            tables.append(table.assign(name=f"{params.title(name)}, document {entry.document}, " + splits))
    scores = pd.concat(tables, ignore_index=True)
    reported = (scores.measure == "accuracy") & scores.reported.notna()
    draw_replications(figures / "replications.png", scores[reported].reset_index(drop=True))
    curves = read_table(plots / "replications" / SWEEP / "training/curves.csv")
    draw_sweep(figures / "lambda_sweep.png", curves, f"{softmax} at the document's settings")


def _read_round(data: Path, plots: Path, model: str, number: int) -> tuple[pd.DataFrame, list, list]:
    """The runs of one round of a search, and each one's validation accuracies and step losses until it diverged."""
    runs = read_table(plots / f"models/handwriting/{model}/training/runs.csv")
    arrays, chosen = load_arrays(data / f"models/handwriting/{model}/training.npz"), runs["round"] == number
    curves = (arrays[name][chosen].astype(np.float64) for name in ("valid_accuracy", "step_losses"))
    return runs[chosen].reset_index(drop=True), *([row[np.isfinite(row)] for row in rows] for rows in curves)
