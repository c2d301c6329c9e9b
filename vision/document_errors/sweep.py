"""Networks trained through all lambdas, as in document 003, and separate ones, whose biases decay or do not."""

from functools import partial
from pathlib import Path

import numpy as np
import torch

from vision.document_errors.rows import Row, runs
from vision.nets import build
from vision.pipeline.schema import Params
from vision.pipeline.schema.models import Model
from vision.pipeline.workers import parallel_map
from vision.training.jobs import load_once
from vision.training.loop import TorchTrainer
from vision.training.searches import convergence_epoch


def train_all(params: Params, lambdas: list[float], data: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Validation accuracy of networks that go through all lambdas, of separate ones, and with two ways of decay.

    Returns:
        two arrays (n_seeds, n_lambdas, epochs); the former networks are trained before at the lambda of the document's
        first network. The third, (2, n_seeds, epochs), is at that lambda: all parameters decay, or weights alone
    """
    model, seeds = params.network("softmax"), params.document_errors.seeds
    before = params.replications["softmax_document"].weight_decay
    jobs = [(seed, (before, *lambdas), False) for seed in seeds] + [(seed, (before,), True) for seed in seeds]
    jobs += [(seed, (value,), False) for seed in seeds for value in lambdas]
    train = partial(train_through, data=data, model=model, device=params.device)
    curves, n = parallel_map(train, jobs, workers=None if params.device == "cpu" else 1), len(seeds)
    whole, decayed = np.stack(curves[:n]), np.concatenate(curves[n : 2 * n])
    separate = np.concatenate(curves[2 * n :]).reshape(n, len(lambdas), model.epochs)
    return whole[:, 1:], separate, np.stack([decayed, whole[:, 0]])


def train_through(job: tuple[int, tuple[float, ...], bool], *, data: Path, model: Model, device: str) -> np.ndarray:
    """Validation accuracy, float64 (n_lambdas, epochs), of a network trained with each lambda in turn; NaN: diverged.

    A job is a seed, the lambdas, and whether all parameters decay. The order of images starts again with each lambda,
    as for a separate network: only the initial weights differ.
    """
    seed, lambdas, decay_all = job
    dataset = load_once(data)
    train, valid = dataset.splits["train"], dataset.splits["valid"]
    torch.manual_seed(seed)
    net = build(model.net, **dataset.net_inputs, **model.hyper).to(device)
    curves = np.full((len(lambdas), model.epochs), np.nan)
    for accuracies, decay in zip(curves, lambdas, strict=True):
        recipe = model.with_overrides({"weight_decay": decay, "decay_all": decay_all})
        trainer = TorchTrainer(net, train, recipe, seed=seed, show_progress=False)
        for epoch in range(1, model.epochs + 1):
            trainer.train_epoch(epoch)
            logits = trainer.logits(valid)
            if np.isfinite(logits).all():
                accuracies[epoch - 1] = (logits.argmax(1) == valid.labels).mean()
    print(f"trained with {len(curves)} lambdas, seed {seed}: valid accuracy {curves[-1, -1]:.2%}", flush=True)
    return curves


def train_through_all_lambdas(through: np.ndarray, separate: np.ndarray, lambdas: list[float], last: int) -> list[Row]:
    """Each lambda's network starts from the weights of the lambda before; a score is the mean of so many last epochs.

    Args:
        through, separate: validation accuracy, float (n_seeds, n_lambdas, epochs)
    """
    rows, sample = [], f"{len(through)} seeds"
    for position, value in enumerate(lambdas):
        curves, at = (through[:, position], separate[:, position]), f"lambda {value:g}"
        if not all(np.isfinite(way).all() for way in curves):
            rows.append(Row("B3.1", "valid_accuracy", "percent", at=at, left_out="a training diverged"))
            continue
        scores = runs(*(way[:, -last:].mean(1) for way in curves), smallest=0, largest=1)
        rows.append(Row("B3.1", "valid_accuracy", "percent", *scores, sample, at))
        if position == len(lambdas) - 1:
            converged = (np.array([convergence_epoch(run, last) for run in way]) for way in curves)
            epochs = runs(*converged, smallest=1, largest=through.shape[2])
            rows.append(Row("B3.1", "convergence_epoch", "epochs", *epochs, sample, at))
    return rows


def decay_biases(decayed: np.ndarray, value: float, last: int) -> Row:
    """Weight decay of lambda `value` also applies to biases; a score is the mean of so many last epochs.

    Args:
        decayed: validation accuracy, float (2, n_seeds, epochs), where all parameters decay, and where weights alone do
    """
    row = Row("B3.12", "valid_accuracy", "percent", at=f"lambda {value:g}")
    if not np.isfinite(decayed).all():
        return row._replace(left_out="a training diverged")
    scores = decayed[:, :, -last:].mean(2)
    return row.filled(runs(*scores, smallest=0, largest=1), f"{decayed.shape[1]} seeds")
