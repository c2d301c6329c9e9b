"""The training-set-size study: one training run on a nested, class-stratified part of the images (row C3)."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vision.data.splitting import subset
from vision.pipeline.schema.models import Model
from vision.training.runs import load_once, outcome, train_model


@dataclass(frozen=True)
class SubsetRun:
    """One training run: the fraction of the training part in (0, 1], and the seed of its subset, weights and order."""

    fraction: float
    seed: int

    @property
    def name(self) -> str:
        """What tables and messages call the run."""
        return f"{self.fraction:g} of the training part, seed {self.seed}"

    @property
    def passes(self) -> int:
        """Passes over the subset in one epoch, growing as 1 / sqrt(fraction): a small subset needs more of them."""
        return round(self.fraction**-0.5)


def train_subset(run: SubsetRun, *, data: Path, model: Model, device: str) -> dict[str, Any]:
    """Train the network of an entry on one subset; the test split is not read.

    Returns:
        fraction, seed, net (its name), hyper, weights (state dict on the CPU) and history, as torch.save takes them
    """
    dataset = load_once(data)
    part = subset(dataset.splits["train"], run.fraction, run.seed)
    options = {"passes": run.passes, "show_progress": False}
    trained = train_model(model, dataset, seed=run.seed, device=device, part=part, **options)
    print(f"trained on {run.name}: {outcome(trained.training)}", flush=True)
    about = {"net": model.net, "hyper": trained.hyper, "weights": trained.weights}
    return {**asdict(run), **about, "history": asdict(trained.training)}
