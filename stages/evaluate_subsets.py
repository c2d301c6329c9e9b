"""How do loss and error fall as the training set grows, and is ten times the data a third of the loss?

Reads the weights of every run and all three splits. Writes a table with one row per run and metrics with the mean,
the standard deviation and the interval over seeds, and the fitted power laws. Rows C3 to C5, bugs B0.5 and B0.6.
"""

import math
from pathlib import Path

import pandas as pd

from vision import scores
from vision.datasets import Dataset
from vision.nets import build, load_checkpoint
from vision.params import Params
from vision.results import write_metrics, write_table
from vision.stage import run
from vision.subsets import SubsetRun
from vision.training import predict


def main(params: Params, *, data: Path, test: Path, weights: Path, metrics: Path, table: Path) -> None:
    splits = Dataset.load(data).splits | Dataset.load(test).splits
    saved = load_checkpoint(weights)
    net = build("convnet", **saved["hyper"]).to(params.device)
    rows = []
    for result in saved["runs"]:
        net.load_state_dict(result["weights"])
        subset = SubsetRun(result["fraction"], result["seed"]).images(splits["train"])
        row = {"fraction": result["fraction"], "images": len(subset), "seed": result["seed"]}
        for name, split in {"subset": subset, "valid": splits["valid"], "test": splits["test"]}.items():
            summary = scores.summarise(predict(net, split.images), split.labels)
            row |= {f"{name}_loss": summary["loss"], f"{name}_accuracy": summary["accuracy"]}
        rows.append(row | {"diverged": result["history"]["diverged"]})
    runs = pd.DataFrame(rows).sort_values(["fraction", "seed"], kind="stable")

    write_table(table, runs)
    write_metrics(metrics, {"sizes": _sizes(runs), "power_law": _power_laws(runs[~runs.diverged])})


def _sizes(runs: pd.DataFrame) -> dict:
    """Scores over seeds for each size, and whether any of its runs diverged."""
    largest = {
        f"{split}_{measure}": limit
        for split in ("subset", "valid", "test")
        for measure, limit in (("loss", math.inf), ("accuracy", 1.0))
    }
    return {
        f"images_{images}": {
            name: scores.over_seeds(group[name].to_numpy(), largest=limit) for name, limit in largest.items()
        }
        | ({"diverged": True} if group.diverged.any() else {})
        for images, group in runs.groupby("images")
    }


def _power_laws(runs: pd.DataFrame) -> dict:
    """Power laws of test loss and test error against size; an error of zero, which has no logarithm, is left out."""
    laws = {}
    for name, values in {"test_loss": runs.test_loss, "test_error": 1 - runs.test_accuracy}.items():
        fitted = values > 0
        if runs.images[fitted].nunique() >= 2 and fitted.sum() >= 3:
            laws[name] = vars(scores.fit_power_law(runs.images[fitted].to_numpy(float), values[fitted].to_numpy()))
    return laws


if __name__ == "__main__":
    run(main)
