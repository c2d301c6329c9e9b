"""How do loss and error decrease with more training images?

Writes a row for each run; the mean over seeds for each size; power laws of all runs; and the factor for ten times the
images by seed, since the subsets of one seed are not independent.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from vision.data.dataset import Dataset, Samples
from vision.data.splitting import subset
from vision.nets import restore_net
from vision.nets.inference import predict
from vision.pipeline.checkpoints import load_checkpoint
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import write_metrics, write_table
from vision.scores.classification import summarise
from vision.scores.estimate import Estimate, write_scores
from vision.scores.intervals import seed_estimate
from vision.scores.power_law import PowerLaw, fit_power_law

MEASURES = {"loss": math.inf, "accuracy": 1.0}  # and their largest values


def main(params: Params, *, data: Path, weights: Path, tables: Path, metrics: Path) -> None:
    splits = Dataset.load(data / "train.npz", data / "test.npz").splits
    rows = [_evaluate(saved, splits, params.device) for saved in load_checkpoint(weights)]
    runs = pd.DataFrame(rows).sort_values(["fraction", "seed"], kind="stable")
    write_table(tables / "subsets.csv", runs)

    finite = runs[~runs.diverged]
    sizes = {f"images_{images}": _over_seeds(group) for images, group in runs.groupby("images")}
    laws = _power_laws(finite)
    scores = {"sizes": sizes, "power_law": {name: vars(law) for name, law in laws.items()}}
    write_scores(tables / "scores.csv", {**scores, "per_decade_by_seed": _per_decade_by_seed(finite)})
    largest = sizes[f"images_{runs.images.max()}"]
    headline = {name: largest[name].value for name in ("test_loss", "test_accuracy")}
    if "test_loss" in laws:
        headline["loss_per_decade"] = laws["test_loss"].per_decade.value
    write_metrics(metrics, headline)


def _evaluate(saved: dict[str, Any], splits: dict[str, Samples], device: str) -> dict[str, Any]:
    """Score one run on its subset, the validation and the test images."""
    net = restore_net(saved["net"], saved["hyper"], saved["weights"], device)
    part = subset(splits["train"], saved["fraction"], saved["seed"])
    row = {"fraction": saved["fraction"], "images": len(part), "seed": saved["seed"]}
    for name, samples in {"subset": part, "valid": splits["valid"], "test": splits["test"]}.items():
        summary = summarise(predict(net, samples), samples.labels)
        row |= {f"{name}_{measure}": summary[measure].value for measure in MEASURES}
    return row | {"diverged": saved["history"]["diverged"]}


def _over_seeds(runs: pd.DataFrame) -> dict[str, Any]:
    """Scores over the seeds of one size, and whether one of its runs diverged."""
    scores: dict[str, Any] = {}
    for name in (f"{split}_{measure}" for split in ("subset", "valid", "test") for measure in MEASURES):
        values, largest = runs[name].to_numpy(), MEASURES[name.rsplit("_")[1]]
        scores |= {name: seed_estimate(values, largest=largest), f"{name}_std": float(np.std(values, ddof=1))}
    return scores | ({"diverged": True} if runs.diverged.any() else {})


def _power_laws(runs: pd.DataFrame) -> dict[str, PowerLaw]:
    """Power laws of test loss and test error against size, without errors of zero."""
    laws = {}
    for name, values in {"test_loss": runs.test_loss, "test_error": 1 - runs.test_accuracy}.items():
        fitted = values > 0
        if runs.images[fitted].nunique() >= 2 and fitted.sum() >= 3:
            laws[name] = fit_power_law(runs.images[fitted].to_numpy(float), values[fitted].to_numpy())
    return laws


def _per_decade_by_seed(runs: pd.DataFrame) -> dict[str, Estimate]:
    """10 to the power of the mean exponent over at least three seeds, of test loss and test error."""
    laws, factors = [_power_laws(group) for _, group in runs.groupby("seed")], {}
    for name in ("test_loss", "test_error"):
        exponents = [law[name].exponent.value for law in laws if name in law]
        if len(exponents) >= 3:
            mean = seed_estimate(np.array(exponents))
            factors[name] = Estimate(10**mean.value, 10**mean.low, 10**mean.high, mean.n)
    return factors


if __name__ == "__main__":
    run(main)
