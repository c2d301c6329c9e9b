"""One network that is trained through all lambdas, as in document 003, and a separate one for each."""

from functools import partial
from pathlib import Path

import numpy as np
import torch

from vision.document_errors.rows import Row, runs
from vision.nets import build
from vision.pipeline.schema import Params
from vision.pipeline.schema.models import Model
from vision.pipeline.workers import parallel_map
from vision.training.jobs import load_once, make_trainer
from vision.training.searches import convergence_epoch


def train_all(params: Params, lambdas: list[float], data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Validation accuracy, (n_seeds, n_lambdas, epochs): of networks that go through all lambdas, and of separate ones.

    The former were trained before at the lambda of the document's first network.
    """
    model, seeds = params.network("softmax"), params.document_errors.seeds
    before = params.replications["softmax_document"].weight_decay
    jobs = [(seed, (before, *lambdas)) for seed in seeds]
    jobs += [(seed, (value,)) for seed in seeds for value in lambdas]
    train = partial(train_through, data=data, model=model, device=params.device)
    curves = parallel_map(train, jobs, workers=None if params.device == "cpu" else 1)
    through = np.stack([accuracies[1:] for accuracies in curves[: len(seeds)]])
    return through, np.concatenate(curves[len(seeds) :]).reshape(through.shape)


def train_through(job: tuple[int, tuple[float, ...]], *, data: Path, model: Model, device: str) -> np.ndarray:
    """Validation accuracy, float64 (n_lambdas, epochs), of a network trained with each lambda in turn; NaN: diverged.

    A job is a seed and the lambdas. The order of images starts again with each lambda, as for a separate network: only
    the initial weights differ.
    """
    seed, lambdas = job
    dataset = load_once(data)
    train, valid = dataset.splits["train"], dataset.splits["valid"]
    torch.manual_seed(seed)
    net = build(model.net, **dataset.net_inputs, **model.hyper).to(device)
    curves = np.full((len(lambdas), model.epochs), np.nan)
    for accuracies, decay in zip(curves, lambdas, strict=True):
        recipe = model.with_overrides({"weight_decay": decay})
        trainer = make_trainer(net, train, recipe, seed=seed)
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
