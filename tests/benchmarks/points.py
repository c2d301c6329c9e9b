"""What a worker of the grid's benchmark runs; a worker cannot import it from `__main__`."""

from pathlib import Path

from vision.searches import load_once, train_model

from vision.pipeline.schema import Model


def train_point(point: Model, data: Path) -> None:
    """Train one point of the grid."""
    train_model(point, load_once(data), seed=0, device="cpu", show_progress=False)
