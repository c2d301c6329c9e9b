"""Networks to train, as plain values that worker processes can be sent, and the functions that train them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import torch

from vision.data.dataset import Dataset, Samples
from vision.nets import build
from vision.nets.inference import to_device
from vision.pipeline.schema.models import Model, Recipe
from vision.pipeline.tables import tidy_curves
from vision.pipeline.workers import parallel_map
from vision.training.history import OnEpoch, Trainer, Training, train
from vision.training.loop import TorchTrainer
from vision.training.numpy_loop import MLPTrainer, SGDTrainer, unsupported

load_once = lru_cache(maxsize=1)(Dataset.load)  # a worker process trains many networks on the same data


def make_trainer(net: Any, samples: Samples, recipe: Recipe, *, seed: int, **options: Any) -> Trainer:
    """The trainer of a network: its own, one in NumPy for dense layers, or TorchTrainer with its options."""
    if isinstance(net, torch.nn.Module):
        on_cpu = next(net.parameters()).device.type == "cpu"
        if on_cpu and hasattr(net, "activation") and not unsupported(recipe) and options.get("passes", 1) == 1:
            return MLPTrainer(net, samples, recipe, seed=seed)
        return TorchTrainer(net, samples, recipe, seed=seed, **options)
    if hasattr(net, "trainer"):
        return net.trainer(samples, recipe, seed=seed)
    return SGDTrainer(net, samples, recipe, seed=seed)


@dataclass(frozen=True)
class Job:
    """One network to train. Searches, subsets, replications and networks in NumPy are lists of jobs.

    Attributes:
        hyper: what the network is built from, besides the dataset's `net_inputs`
        seed: of the weights, the shuffling and the augmentation
        labels: columns of tables and keys of checkpoints, besides the seed
        split: divides the images of the dataset otherwise
        part: selects some of the training samples
        build, trainer: as vision.nets.build and `make_trainer`
        keep, checkpoints: as vision.training.history.train takes them
    """

    name: str
    net: str
    hyper: dict[str, Any]
    recipe: Recipe
    seed: int
    labels: dict[str, Any] = field(default_factory=dict)
    split: Callable[[Dataset], Dataset] | None = None
    part: Callable[[Samples], Samples] | None = None
    build: Callable[..., Any] = build
    trainer: Callable[..., Trainer] = make_trainer
    keep: str = "best"
    checkpoints: tuple[int, ...] = ()

    @classmethod
    def of(cls, name: str, model: Model, seed: int, **options: Any) -> "Job":
        """The job of an entry of params.yaml."""
        return cls(name, model.net, model.hyper, model, seed, **options)


@dataclass(frozen=True)
class Trained:
    """A trained network.

    Attributes:
        hyper: all that the network was built from
        weights: state dict on the CPU, of the epoch that is kept
    """

    job: Job
    hyper: dict[str, Any]
    weights: dict[str, torch.Tensor]
    training: Training

    def checkpoint(self) -> dict[str, Any]:
        """Its labels, seed, net, hyper, weights and history, as torch.save takes them."""
        built_from = {"seed": self.job.seed, "net": self.job.net, "hyper": self.hyper}
        return {**self.job.labels, **built_from, "weights": self.weights, "history": self.training.history()}


def train_job(job: Job, *, data: Path | Dataset, device: str, on_epoch: OnEpoch = lambda row: None) -> Trained:
    """Build and train one network from its seed alone, on a dataset or its file.

    Raises:
        UserError: the data do not suit the network
    """
    dataset = data if isinstance(data, Dataset) else load_once(data)
    dataset = job.split(dataset) if job.split else dataset
    hyper, samples = {**dataset.net_inputs, **job.hyper}, dataset.splits["train"]
    torch.manual_seed(job.seed)
    net = to_device(job.build(job.net, **hyper), device)
    trainer = job.trainer(net, job.part(samples) if job.part else samples, job.recipe, seed=job.seed)
    training = train(
        trainer, dataset.splits["valid"], job.recipe.epochs, on_epoch, keep=job.keep, checkpoints=job.checkpoints
    )
    print(f"{job.name}: {training}", flush=True)
    training.checkpoints = {name: _tensors(state) for name, state in training.checkpoints.items()}
    return Trained(job, hyper, _tensors(net.state_dict()), training)


def train_all(jobs: list[Job], *, data: Path, device: str) -> list[Trained]:
    """Train all networks, in worker processes on the CPU; the longest should come first."""
    train = partial(train_job, data=data, device=device)
    return parallel_map(train, jobs, workers=None if device == "cpu" else 1)


def curves_table(trained: list[Trained], *, labelled: bool = False) -> "pd.DataFrame":  # noqa: F821
    """The curves of all networks, as `tidy_curves` returns them; if labelled, with labels and seeds of the jobs."""
    import pandas as pd

    curves = [tidy_curves(one.job.name, one.training.curves) for one in trained]
    if labelled:
        pairs = zip(curves, trained, strict=True)
        curves = [rows.assign(**one.job.labels, seed=one.job.seed) for rows, one in pairs]
    return pd.concat(curves)


def _tensors(state: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {name: torch.as_tensor(value).cpu() for name, value in state.items()}
