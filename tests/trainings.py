"""Images, recipes, entries and trainings for the tests: everything is off that a test does not ask for."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from vision.data.dataset import Samples
from vision.pipeline.schema.models import Model, Recipe
from vision.training.history import Training, train
from vision.training.loop import TorchTrainer

PLAIN = {
    "optimizer": "sgd", "schedule": "constant", "momentum": 0, "weight_decay": 0, "warmup_fraction": 0.25,
    "rotation_degrees": 0, "scale_fraction": 0, "shift_pixels": 0, "crop_padding_pixels": 0,
    "horizontal_flip": False, "decay_all": False, "precision": "float32",
}  # fmt: skip
SEARCH = {"rounds": [], "finalists": 2, "repeats": 2, "score_epochs": 1}
ENTRY = {
    "role": "handwriting", "inputs": "handwriting", "net": "mlp", "hyper": {"hidden": [6], "activation": "relu"},
    "lr": 0.1, "batch_size": 8, "epochs": 2,
}  # fmt: skip


def recipe(**changes: Any) -> Recipe:
    return Recipe(**{**PLAIN, **changes})


def entry(*rounds: dict[str, list], search: dict[str, Any] | None = None, **changes: Any) -> Model:
    """An entry under `models`, with the rounds of its search."""
    return Model(**{**PLAIN, **ENTRY, **changes}, search={**SEARCH, **(search or {}), "rounds": list(rounds)})


def labelled(inputs: np.ndarray, n_classes: int = 3) -> Samples:
    """Samples (N, ...) whose labels go through the classes in turn, and whose indices are their places."""
    return Samples(inputs, np.arange(len(inputs)) % n_classes, np.arange(len(inputs)))


def noise(*shape: int, n_classes: int = 3, seed: int = 0) -> Samples:
    """Images of noise, uint8 (N, channels, height, width)."""
    return labelled(np.random.default_rng(seed).integers(0, 256, shape, np.uint8), n_classes)


def striped_images(n: int, *, noise: int = 150, stripe: int = 50) -> Samples:
    """Images (n, 1, 8, 8) of noise of three classes in turn, each class brighter in other columns."""
    pixels, labels = np.random.default_rng(0).integers(0, noise, (n, 1, 8, 8)), np.arange(n) % 3
    return labelled((pixels + stripe * (np.arange(8) // 3 == labels[:, None, None, None])).astype(np.uint8))


def fit(
    net: torch.nn.Module,
    samples: Samples,
    valid: Samples,
    options: Recipe,
    *,
    on_epoch: Callable[[dict[str, float]], None] = lambda row: None,
    **trainer: Any,
) -> Training:
    """Train a torch network in place."""
    return train(TorchTrainer(net, samples, options, **trainer), valid, options.epochs, on_epoch)


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    """Whether two state dicts hold the same bits."""
    return first.keys() == second.keys() and all(torch.equal(value, second[name]) for name, value in first.items())
