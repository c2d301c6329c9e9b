"""How do loss and error fall as the training set grows, and is ten times the data a third of the loss?

Reads the weights of every run and all three splits. Writes a table with one row per run and metrics with the mean,
the standard deviation and the interval over seeds, and the fitted power laws, of all runs and of each seed by itself,
since the runs of one seed share images. Rows C3 to C5, bugs B0.5 and B0.6.
"""

import math
from pathlib import Path

import numpy as np
import pandas as pd

from vision.data.dataset import Dataset
from vision.data.splitting import subset
from vision.nets import build
from vision.nets.inference import predict, to_device
from vision.pipeline.checkpoints import load_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics, write_table
from vision.scores.classification import summarise
from vision.scores.intervals import over_seeds
from vision.scores.power_law import fit_power_law


def main(params: Params, *, data: Path, test: Path, weights: Path, metrics: Path, table: Path) -> None:
    splits, rows = Dataset.load(data, test).splits, []
    for saved in load_checkpoint(weights):
        net = to_device(build(saved["net"], **saved["hyper"]), params.device)
        net.load_state_dict(saved["weights"])
        part = subset(splits["train"], saved["fraction"], saved["seed"])
        row = {"fraction": saved["fraction"], "images": len(part), "seed": saved["seed"]}
        for name, split in {"subset": part, "valid": splits["valid"], "test": splits["test"]}.items():
            summary = summarise(predict(net, split), split.labels)
            row |= {f"{name}_loss": summary["loss"], f"{name}_accuracy": summary["accuracy"]}
        rows.append(row | {"diverged": saved["history"]["diverged"]})
    runs = pd.DataFrame(rows).sort_values(["fraction", "seed"], kind="stable")

    write_table(table, runs)
    kept = runs[~runs.diverged]
    laws = {"power_law": _power_laws(kept), "per_decade_by_seed": _by_seed(kept)}
    write_metrics(metrics, {"sizes": _sizes(runs), **laws})


def _sizes(runs: pd.DataFrame) -> dict:
    """Scores over seeds for each size, and whether any of its runs diverged."""
    largest = {
        f"{split}_{measure}": limit
        for split in ("subset", "valid", "test")
        for measure, limit in (("loss", math.inf), ("accuracy", 1.0))
    }
    return {
        f"images_{images}": {name: over_seeds(group[name].to_numpy(), largest=limit) for name, limit in largest.items()}
        | ({"diverged": True} if group.diverged.any() else {})
        for images, group in runs.groupby("images")
    }


def _power_laws(runs: pd.DataFrame) -> dict:
    """Power laws of test loss and test error against size; an error of zero, which has no logarithm, is left out."""
    laws = {}
    for name, values in {"test_loss": runs.test_loss, "test_error": 1 - runs.test_accuracy}.items():
        fitted = values > 0
        if runs.images[fitted].nunique() >= 2 and fitted.sum() >= 3:
            laws[name] = vars(fit_power_law(runs.images[fitted].to_numpy(float), values[fitted].to_numpy()))
    return laws


def _by_seed(runs: pd.DataFrame) -> dict:
    """What ten times the images do to test loss and test error, by the power law of each seed: over seeds.

    The runs of one seed are nested subsets, so that they are not independent, as the interval of one law takes them to
    be; the seeds are, but for the validation and test images that they share. Two seeds say too little of their spread.
    """
    laws = [_power_laws(group) for _, group in runs.groupby("seed")]
    found = {name: [law[name]["exponent"] for law in laws if name in law] for name in ("test_loss", "test_error")}
    return {name: _per_decade(exponents) for name, exponents in found.items() if len(exponents) >= 3}


def _per_decade(exponents: list[float]) -> dict:
    """10 to the power of the mean exponent, with the t interval of that mean."""
    spread = over_seeds(np.array(exponents))
    return {name: 10 ** spread[name] for name in ("mean", "low", "high")}


if __name__ == "__main__":
    run(main)
