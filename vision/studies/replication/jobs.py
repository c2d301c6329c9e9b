"""The trainings of a replication: a document's split, initialisation, augmentation and settings, once for each seed."""

from functools import partial
from typing import Any

import torch
from torch import nn

from vision.data.dataset import Samples
from vision.nets import build
from vision.pipeline.schema.models import Recipe, Replication
from vision.studies.replication.images import draw_split, random_rotate_and_crop
from vision.training.history import Epoch
from vision.training.jobs import Job, make_trainer
from vision.training.loop import TorchTrainer


def replication_jobs(entry: Replication) -> list[Job]:
    """A job for each weight decay and seed; those of one seed share split, initial weights and order of images."""
    decays, names = entry.weight_decay, "lambda {:g}, seed {}"
    if not isinstance(decays, list):
        decays, names = [decays], "seed {1}"
    changes = {"degrees": entry.rotation_degrees, "padding": entry.crop_padding_pixels}
    trainer = partial(ReplicationTrainer, **changes) if any(changes.values()) else make_trainer
    settings = [entry.model_copy(update={"weight_decay": decay}) for decay in decays]
    return [
        Job(
            names.format(one.weight_decay, seed), entry.net, entry.hyper, one.recipe, seed,
            labels={"weight_decay": one.weight_decay}, keep=entry.keep,
            split=partial(draw_split, valid_one_in=entry.valid_one_in, seed=seed),
            build=partial(build_initialised, how=entry.initialisation, seed=seed),
            trainer=trainer,
        )
        for one in settings for seed in entry.seeds
    ]  # fmt: skip


class ReplicationTrainer(TorchTrainer):
    """Trains on images that are rotated and cropped before each epoch."""

    def __init__(self, net: nn.Module, train: Samples, recipe: Recipe, *, seed: int, degrees: float, padding: int):
        super().__init__(net, train, recipe, seed=seed)
        self.originals, self.changes = self.inputs, (degrees, padding)

    def train_epoch(self, epoch: int) -> Epoch:
        """Change all images, then take one step for each batch."""
        self.inputs = random_rotate_and_crop(self.originals, *self.changes, self.generator)
        return super().train_epoch(epoch)


def build_initialised(name: str, /, *, how: str, seed: int, **hyper: Any) -> nn.Module:
    """Build a network and draw the weights of its linear layers again, first to last.

    Args:
        how: "torch", as torch.nn.Linear draws them; or "xavier_hidden", the same but for hidden layers, whose weights
            are Xavier-uniform and biases 0
    """
    net = build(name, **hyper)
    torch.manual_seed(seed)
    layers = [module for module in net.modules() if isinstance(module, nn.Linear)]
    for layer in layers:
        layer.reset_parameters()
        if how == "xavier_hidden" and layer is not layers[-1]:
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    return net
