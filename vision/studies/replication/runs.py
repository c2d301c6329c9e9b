"""One run of a replication: the network of a document, started, fed, trained and kept as the document says."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from vision.data.dataset import Samples
from vision.nets import build
from vision.pipeline.schema.replications import Replication
from vision.studies.replication.augmentation import turn_and_crop
from vision.studies.replication.initialisation import initialise
from vision.studies.replication.splits import draw_split
from vision.training.history import Epoch, Training, train
from vision.training.loop import TorchTrainer
from vision.training.runs import load_once


@dataclass(frozen=True)
class ReplicationRun:
    """One run: the document's settings, and the seed of split, weights, order and augmentation."""

    entry: Replication
    seed: int

    @property
    def name(self) -> str:
        """What tables and messages call the run."""
        return f"lambda {self.entry.weight_decay:g}, seed {self.seed}"


class ReplicationTrainer(TorchTrainer):
    """The training loop of all networks, on images that are all moved anew before each epoch (row P3)."""

    def __init__(self, net: torch.nn.Module, samples: Samples, entry: Replication, seed: int):
        super().__init__(net, samples, entry.recipe, seed=seed, show_progress=False)
        self.originals, self.moves = self.inputs, (entry.rotation_degrees, entry.crop_padding_pixels)

    def train_epoch(self, epoch: int) -> Epoch:
        """Move the images, then take one step for each batch."""
        if any(self.moves):
            self.inputs = turn_and_crop(self.originals, *self.moves, self.generator)
        return super().train_epoch(epoch)


def train_replication(run: ReplicationRun, *, data: Path, device: str) -> dict[str, Any]:
    """Train a document's network once; the test split is not read.

    Returns:
        seed, net (its name), hyper, weights (state dict on the CPU), history (curves, kept_epoch, diverged), as
        torch.save takes them
    """
    entry, dataset = run.entry, draw_split(load_once(data), run.entry.valid_one_in, run.seed)
    hyper = {**dataset.net_inputs, **entry.hyper}
    net = build(entry.net, **hyper)
    initialise(net, entry.initialisation, run.seed)
    trainer = ReplicationTrainer(net.to(device), dataset.splits["train"], entry, run.seed)
    training, kept = train_and_keep(trainer, dataset.splits["valid"], entry)
    if training.diverged:
        print(f"{run.name}: diverged after epoch {len(training.curves)}", flush=True)
    else:
        print(f"{run.name}: valid accuracy {training.curves[kept - 1]['valid_accuracy']:.2%}", flush=True)
    weights = {name: value.cpu() for name, value in net.state_dict().items()}
    history = {"curves": training.curves, "kept_epoch": kept, "diverged": training.diverged}
    return {"seed": run.seed, "net": entry.net, "hyper": hyper, "weights": weights, "history": history}


def train_and_keep(trainer: TorchTrainer, valid: Samples, entry: Replication) -> tuple[Training, int]:
    """Train, and leave the network with the weights that the document keeps; return also their epoch, 0 for none."""
    last = trainer.state()

    def remember(row: dict[str, float]) -> None:
        nonlocal last
        last = trainer.state()

    training = train(trainer, valid, entry.epochs, remember)
    if entry.keep == "best":
        return training, training.best_epoch
    trainer.restore(last)
    return training, len(training.curves)
