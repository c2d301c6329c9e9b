"""One run: a network built from an entry of params.yaml and trained on a prepared dataset."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch

from vision.data.dataset import Dataset, Samples
from vision.nets import build
from vision.pipeline.schema.models import Model
from vision.training.history import Training, train
from vision.training.loop import TorchTrainer

load_once = lru_cache(maxsize=1)(Dataset.load)  # for a worker process, which trains many runs on the same data


@dataclass(frozen=True)
class Trained:
    """What a run leaves.

    Attributes:
        weights: state dict on the CPU, of the best epoch
        hyper: what the network was built with
        training: how it went
    """

    weights: dict[str, Any]
    hyper: dict[str, Any]
    training: Training


def train_model(
    model: Model,
    dataset: Dataset,
    *,
    seed: int,
    device: str,
    part: Samples | None = None,
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
    **options: Any,
) -> Trained:
    """Build and train one network; the test split is not read.

    Args:
        seed: of the weights, the shuffling and the augmentation
        part: the training samples; by default all of the training split
        on_epoch: called with each row of the curves
        options: those of the trainer, such as passes and show_progress

    Raises:
        UserError: the data do not suit the network
    """
    hyper = {**dataset.net_inputs, **model.hyper}
    torch.manual_seed(seed)
    net = build(model.net, **hyper)
    samples = dataset.splits["train"] if part is None else part
    if isinstance(net, torch.nn.Module):
        trainer = TorchTrainer(net.to(device), samples, model, seed=seed, **options)
    else:
        trainer = net.trainer(samples, model, seed=seed, **options)
    training = train(trainer, dataset.splits["valid"], model.epochs, on_epoch)
    weights = {name: torch.as_tensor(value).cpu() for name, value in net.state_dict().items()}
    return Trained(weights, hyper, training)


def outcome(training: Training) -> str:
    """How a run went, in a few words."""
    words = ["diverged"] * training.diverged
    if training.best_epoch:
        words.append(f"valid accuracy {training.curves[training.best_epoch - 1]['valid_accuracy']:.2%}")
    return " ".join(words)
