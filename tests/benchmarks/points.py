"""What a worker of the grid's benchmark runs; a worker cannot import it from `__main__`."""

from pathlib import Path

from vision.pipeline.schema.models import Model
from vision.training.runs import load_once, train_model


def train_point(point: Model, data: Path) -> None:
    """Train one point of the grid."""
    train_model(point, load_once(data), seed=0, device="cpu", show_progress=False)
