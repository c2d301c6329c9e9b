"""The sections of params.yaml that repeat what a document did, at its own settings."""

from typing import Annotated, Any, Literal

from pydantic import Field

from vision.pipeline.schema.hyper import NETS, checked
from vision.pipeline.schema.models import Recipe, Role
from vision.pipeline.schema.types import Count, Distinct, Epochs, Float, Int, Name, Rate, Seeds, StrictModel, statement

Penalty = Annotated[Float, Field(ge=0, le=1000)]


class Replication(StrictModel):
    """One network as a document trained it: at a constant rate, by plain SGD or Adam, with decay on all parameters.

    Attributes:
        document: its three digits
        beside: the models of this repository that are shown beside it
        initialisation: torch, torch.nn.Linear's own; xavier_hidden, of hidden layers Xavier-uniform with zero biases
        valid_one_in: the validation part is one in so many of the published training images, drawn anew for each seed
        weight_decay: lambda of (lambda / 2) * ||w||^2, of weights and biases (bug B3.9)
        keep: the weights of the last epoch, or of the best one by validation loss
        seeds: of the runs; each of the split, the weights, the order of images and the augmentation
    """

    document: Literal["000", "001", "002", "003", "004"]
    role: Role
    beside: Annotated[list[Name], Distinct, Field(min_length=1, max_length=10)]
    net: Literal["mlp"]
    hyper: Annotated[dict[str, Any], checked(NETS, "net")]
    initialisation: Literal["torch", "xavier_hidden"]
    valid_one_in: Int = Field(ge=2, le=1_000_000)
    optimizer: Literal["sgd", "adam"]
    lr: Rate
    batch_size: Count
    epochs: Epochs
    weight_decay: Penalty
    rotation_degrees: Float = Field(ge=0, le=180)
    crop_padding_pixels: Int = Field(ge=0, le=1000)
    keep: Literal["best", "last"]
    seeds: Seeds

    @property
    def recipe(self) -> Recipe:
        """What the training loop is told; images are moved before it gets them."""
        own = {name: getattr(self, name) for name in ("optimizer", "lr", "batch_size", "epochs", "weight_decay")}
        plain: dict[str, Any] = {"schedule": "constant", "momentum": 0, "decay_all": True, "precision": "float32"}
        still = dict.fromkeys(("rotation_degrees", "scale_fraction", "shift_pixels", "crop_padding_pixels"), 0)
        unused = still | {"horizontal_flip": False, "warmup_fraction": 0.5}  # at a constant rate there is none
        return Recipe(**own | plain | unused)


class ReplicatedSweep(StrictModel):
    """Document 003's sweep of lambda (row L5), but with a fresh model for each value (bug B3.1).

    Attributes:
        replication: the entry whose settings and seeds all runs have
        weight_decay: the values, in the order of the table
        settled_epoch: by which accuracy is said to have settled
        last_epochs: over whose validation accuracies means and fluctuations are taken
    """

    replication: Name
    weight_decay: Annotated[list[Penalty], Distinct, Field(min_length=2, max_length=1000)]
    settled_epoch: Epochs
    last_epochs: Annotated[Int, Field(ge=2, le=1_000_000)]


def check_replications(replications: dict[str, Replication], compared: dict[str, list[str]]) -> None:
    """Hold that the models that stand beside a replication are there.

    Args:
        compared: the names of the models of each role
    """
    for name, entry in replications.items():
        for model in entry.beside:
            if model not in compared[entry.role]:
                known = ", ".join(compared[entry.role])
                raise statement(f"replications.{name}.beside holds {model!r}: should be one of {known}")


def check_sweep(sweep: ReplicatedSweep, replications: dict[str, Replication], role: str) -> None:
    """Hold that the sweep's settings are an entry's, of the role that its stage reads, with epochs enough."""
    known = [name for name, entry in replications.items() if entry.role == role]
    if sweep.replication not in known:
        allowed = ", ".join(known) or f"none, there is none of role {role}"
        raise statement(f"replicated_sweep.replication is {sweep.replication!r}: should be one of {allowed}")
    epochs = replications[sweep.replication].epochs
    if sweep.settled_epoch + sweep.last_epochs > epochs:
        most = f"at most {epochs}, the epochs of {sweep.replication}"
        raise statement(
            f"replicated_sweep.settled_epoch and last_epochs make {sweep.settled_epoch + sweep.last_epochs} epochs: "
            f"should be {most}"
        )
