"""The training-set-size study: nested, class-stratified subsets, and one training run on one of them (row C3)."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from vision.datasets import Dataset, Images, stratified_order
from vision.errors import UserError
from vision.nets import build
from vision.params import Recipe
from vision.training import fit


@dataclass(frozen=True)
class SubsetRun:
    """One training run: the fraction of the training part in (0, 1], and the seed of its subset, weights and order."""

    fraction: float
    seed: int

    @property
    def name(self) -> str:
        """What tables and messages call the run."""
        return f"{self.fraction:g} of the training part, seed {self.seed}"

    def images(self, train: Images) -> Images:
        """The run's subset: for one seed, a smaller fraction's images are among a larger one's.

        Raises:
            UserError: the subset would be smaller than the number of classes
        """
        size = round(self.fraction * len(train))
        if size <= train.labels.max():
            raise UserError(f"subsets.fractions holds {self.fraction:g}: gives {size} images, fewer than the classes")
        return train[stratified_order(train.labels, self.seed)[:size]]

    @property
    def passes(self) -> int:
        """Passes over the subset in one epoch, growing as 1 / sqrt(fraction): a small subset needs more of them."""
        return round(self.fraction**-0.5)


def train_subset(run: SubsetRun, *, data: Path, hyper: dict[str, Any], recipe: Recipe, device: str) -> dict[str, Any]:
    """Train the ConvNet on one subset; the test split is not read.

    Returns:
        fraction, seed, weights (state dict on the CPU) and history, as torch.save takes them
    """
    splits = Dataset.load(data).splits
    torch.manual_seed(run.seed)
    net = build("convnet", **hyper).to(device)
    subset = run.images(splits["train"])
    training = fit(net, subset, splits["valid"], recipe, seed=run.seed, passes=run.passes, show_progress=False)
    kept = f"valid accuracy {training.curves[training.best_epoch - 1]['valid_accuracy']:.2%}" if training.curves else ""
    outcome = " ".join(["diverged"] * training.diverged + [kept])
    print(f"trained on {run.name}: {outcome}", flush=True)
    return {**asdict(run), "weights": net.cpu().state_dict(), "history": asdict(training)}
