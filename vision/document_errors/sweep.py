"""Document 003's mistake with the penalty: one network is trained on and on through all lambdas (bug B3.1)."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vision.document_errors.rows import Row, left_out, row, runs
from vision.pipeline.schema.models import Model
from vision.training import jobs
from vision.training.searches import convergence_epoch


@dataclass(frozen=True)
class Sweep:
    """One network and the lambdas that it is trained with, one after the other; the seed of its weights and batches."""

    seed: int
    weight_decays: tuple[float, ...]


def train_through(sweep: Sweep, *, data: Path, model: Model, device: str) -> np.ndarray:
    """Train a network with each lambda in turn, from where the one before left it; the test split is not read.

    The order of images begins anew with each lambda, as it does for a fresh network: nothing differs but the start.

    Returns:
        validation accuracy after each epoch, float64 (n_lambdas, epochs); NaN where the network had diverged
    """
    job = jobs.Job.of(
        f"{len(sweep.weight_decays)} lambdas, seed {sweep.seed}", model, sweep.seed, weight_decays=sweep.weight_decays
    )
    return jobs.train_through(job, data=data, device=device)


def train_one_network_through(through: np.ndarray, fresh: np.ndarray, lambdas: list[float], last: int) -> list[Row]:
    """Each lambda's network begins as the one before ended, and not anew (bug B3.1).

    Args:
        through, fresh: validation accuracy, float (n_seeds, n_lambdas, epochs), of the one network of each seed and of
            a fresh one for each lambda
        lambdas: in their order
        last: of how many last epochs a run's score is the mean

    Returns:
        the score of each lambda; of the last one, how many epochs it took to settle to within a tenth of a point
    """
    rows, sample = [], f"{len(through)} seeds"
    for place, value in enumerate(lambdas):
        curves, at = (through[:, place], fresh[:, place]), f"lambda {value:g}"
        if not all(np.isfinite(one).all() for one in curves):
            rows.append(left_out("B3.1", "valid_accuracy", "percent", "a training diverged", at=at))
            continue
        scores = runs(*(one[:, -last:].mean(1) for one in curves), smallest=0, largest=1)
        rows.append(row("B3.1", "valid_accuracy", "percent", *scores, sample=sample, at=at))
        if place == len(lambdas) - 1:
            settled = [np.array([float(convergence_epoch(curve, last)) for curve in one]) for one in curves]
            epochs = runs(*settled, smallest=1, largest=through.shape[2])
            rows.append(row("B3.1", "settled_epoch", "epochs", *epochs, sample=sample, at=at))
    return rows
