"""One run of the study: a network, trained by us or by scikit-learn, and the weights that are kept of it (row F3)."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vision.nets import build
from vision.nets.numpy_mlp import SGDTrainer
from vision.pipeline.schema.from_scratch import FromScratch, ScratchRun
from vision.studies.from_scratch.scikit import ScikitTrainer
from vision.training.history import train
from vision.training.runs import load_once

Weights = dict[str, np.ndarray]


@dataclass(frozen=True)
class Job:
    """One network to be trained, by its name."""

    name: str
    run: ScratchRun
    study: FromScratch


@dataclass
class Kept:
    """The weights that a training leaves, seen after each of its epochs.

    Attributes:
        trainer: whose weights they are
        epochs: after which they are kept
        best: those of the most accurate epoch on the validation images, the first of equals (bug B4.5)
        best_epoch: that epoch; 0 while there is none
    """

    trainer: SGDTrainer
    epochs: list[int]
    best: Weights = field(default_factory=dict)
    best_epoch: int = 0
    checkpoints: dict[str, Weights] = field(default_factory=dict)
    accuracy: float = -1.0

    def see(self, row: dict[str, float]) -> None:
        """Take what is to be kept of the epoch that this row of the curves is of."""
        if row["epoch"] in self.epochs:
            self.checkpoints[f"epoch_{row['epoch']}"] = self.trainer.state()
        if row["valid_accuracy"] > self.accuracy:
            self.accuracy, self.best_epoch, self.best = row["valid_accuracy"], row["epoch"], self.trainer.state()


def train_from_scratch(job: Job, *, data: Path, seed: int) -> dict[str, Any]:
    """Train one network of the study; the test split is not read.

    Returns:
        name, hyper, weights (of the most accurate epoch) and history (curves, best_epoch, diverged, and checkpoints:
        weights by epoch), as vision.nets.save_net takes them
    """
    run, study, dataset = job.run, job.study, load_once(data)
    hyper = {**dataset.net_inputs, "hidden": study.hidden, "activation": run.activation}
    net, recipe, samples = build(run.net, **hyper), study.recipe(run), dataset.splits["train"]
    if run.trainer == "numpy":
        trainer = net.trainer(samples, recipe, seed=seed)
    else:
        trainer = ScikitTrainer(net, samples, recipe, seed=seed, equal=run.trainer == "sklearn")
    kept = Kept(trainer, study.checkpoints, trainer.state())
    with np.errstate(over="ignore", invalid="ignore"):  # what diverges is told in words
        training = train(trainer, dataset.splits["valid"], study.epochs, kept.see)
    told = f"diverged in epoch {len(training.curves) + 1}, " if training.diverged else ""
    print(f"{job.name}: {told}valid accuracy {max(kept.accuracy, 0):.2%} in epoch {kept.best_epoch}", flush=True)
    history = {"curves": training.curves, "best_epoch": kept.best_epoch, "diverged": training.diverged}
    history["checkpoints"] = {name: _tensors(weights) for name, weights in kept.checkpoints.items()}
    return {"name": job.name, "hyper": hyper, "weights": _tensors(kept.best), "history": history}


def _tensors(weights: Weights) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(np.array(array)) for name, array in weights.items()}
