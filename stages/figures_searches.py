"""How does validation accuracy depend on lambda, learning rate, batch size and width, and what do the winners weigh?

Reads the tables and histories of all runs of two searches, and the weights of the winners. Writes their figures. Rows
L3 to L6, L11 to L13, bugs B3.2 to B3.4.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from vision.data.dataset import Dataset
from vision.figures.searches import draw_grid, draw_grid_curves, draw_lambda_search
from vision.figures.weights import draw_first_layer
from vision.nets import load_net
from vision.nets.layers import weighted_layers
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_metrics, read_table


def main(
    params: Params,
    *,
    data: Path,
    softmax: Path,
    tanh: Path,
    softmax_runs: Path,
    softmax_history: Path,
    tanh_runs: Path,
    tanh_history: Path,
    tanh_metrics: Path,
    softmax_figure: Path,
    softmax_weights_figure: Path,
    grid_curves_figure: Path,
    grid_figure: Path,
    tanh_figure: Path,
    tanh_weights_figure: Path,
) -> None:
    draw_lambda_search(softmax_figure, *_round(softmax_runs, softmax_history, 1))
    runs, accuracies, _ = _round(tanh_runs, tanh_history, 1)
    grid = ~runs.fresh.to_numpy()
    draw_grid_curves(grid_curves_figure, runs[grid], [accuracies[place] for place in np.flatnonzero(grid)])
    lead = read_metrics(tanh_metrics)["search"].get("lead_of_round_1")
    text = "one point, which leads nobody"
    if lead:
        ends = f"{100 * lead['low']:.2f} to {100 * lead['high']:.2f}"
        text = f"the framed point leads the second by {100 * lead['mean']:.2f} points ({ends}), over seeds and images"
    draw_grid(grid_figure, runs[grid], text)
    draw_lambda_search(tanh_figure, *_round(tanh_runs, tanh_history, 2))

    dataset = Dataset.load(data)
    shape = dataset.splits["train"].inputs.shape[1:]
    for name, path, figure in (("softmax", softmax, softmax_weights_figure), ("tanh_mlp", tanh, tanh_weights_figure)):
        layers = [layer.weight.detach().numpy() for layer in weighted_layers(load_net(path).net)]
        draw_first_layer(figure, layers, shape, params.title(name), dataset.class_names)


def _round(table: Path, history: Path, number: int) -> tuple[pd.DataFrame, list[np.ndarray], list[np.ndarray]]:
    """The runs of one round, and each one's validation accuracies and step losses as far as it came."""
    runs, arrays = read_table(table), load_arrays(history)
    chosen = (runs["round"] == number).to_numpy()
    rows = [
        [row[np.isfinite(row)] for row in arrays[name][chosen].astype(np.float64)]
        for name in ("valid_accuracy", "step_losses")
    ]
    return runs[chosen].reset_index(drop=True), *rows


if __name__ == "__main__":
    run(main)
