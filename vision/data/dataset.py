"""Prepared datasets in memory: labelled images or features, in one file format."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from vision.pipeline.files import load_arrays, save_arrays

IMAGE_SCALE = 255.0  # the largest value of a uint8 pixel
SAMPLE_ARRAYS = ("inputs", "labels", "indices")


@dataclass(frozen=True)
class Samples:
    """Labelled inputs of one split.

    Attributes:
        inputs: images, uint8 (N, C, H, W) in [0, 255], or features, float32 or float16 (N, D)
        labels: int64 (N,), in [0, number of classes)
        indices: int64 (N,), the position of each sample in its published file (train or test)
    """

    inputs: np.ndarray
    labels: np.ndarray
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, positions: np.ndarray | slice) -> "Samples":
        return Samples(self.inputs[positions], self.labels[positions], self.indices[positions])

    def of_indices(self, indices: np.ndarray) -> "Samples":
        """The samples with these indices, int (n,), which are in the order of this split."""
        part = self[np.flatnonzero(np.isin(self.indices, indices))]
        assert_same_samples(indices, part.indices)
        return part

    @property
    def scale(self) -> float:
        """The divisor of inputs before any computation: 255 for images, 1 for features."""
        return IMAGE_SCALE if self.inputs.dtype == np.uint8 else 1.0

    @property
    def rows(self) -> np.ndarray:
        """Each sample as one row, float32 (N, D); pixels in [0, 1]."""
        return self.inputs.reshape(len(self), -1) / np.float32(self.scale)


@dataclass(frozen=True)
class Dataset:
    """Splits by name, the class names, and statistics of the training part.

    Attributes:
        mean, std: float64, of each channel (C,) of images in [0, 1], or of each feature (D,); empty before the split
        n_parameters: how many numbers were fitted to make these features; 0 for images
    """

    splits: dict[str, Samples]
    class_names: list[str]
    mean: np.ndarray = field(default_factory=lambda: np.empty(0))
    std: np.ndarray = field(default_factory=lambda: np.empty(0))
    n_parameters: int = 0

    @property
    def net_inputs(self) -> dict[str, Any]:
        """A network's arguments besides its hyper-parameters: mean, std, shape and n_classes, as plain values."""
        train = self.splits["train"]
        # A constant input must not be divided by 0.
        std = np.maximum(self.std, 1 / train.scale) if train.scale > 1 else np.where(self.std > 0, self.std, 1)
        shape, n_classes = list(train.inputs.shape[1:]), len(self.class_names)
        return {"mean": self.mean.tolist(), "std": std.tolist(), "shape": shape, "n_classes": n_classes}

    def save(self, path: Path) -> None:
        """Write everything into one npz file."""
        arrays = {f"{name}.{key}": array for name, split in self.splits.items() for key, array in vars(split).items()}
        statistics = {"mean": self.mean, "std": self.std, "n_parameters": np.array(self.n_parameters)}
        save_arrays(path, class_names=np.array(self.class_names), **statistics, **arrays)

    @classmethod
    def load(cls, *paths: Path) -> "Dataset":
        """Read what `save` wrote; of several files, the splits of all and the rest of the first."""
        loaded = [cls._load(path) for path in paths]
        return replace(loaded[0], splits={name: split for part in loaded for name, split in part.splits.items()})

    @classmethod
    def _load(cls, path: Path) -> "Dataset":
        arrays = load_arrays(path)
        names = dict.fromkeys(key.partition(".")[0] for key in arrays if "." in key)
        splits = {name: Samples(*(arrays[f"{name}.{key}"] for key in SAMPLE_ARRAYS)) for name in names}
        return cls(splits, arrays["class_names"].tolist(), arrays["mean"], arrays["std"], int(arrays["n_parameters"]))


def assert_same_samples(indices: np.ndarray, others: np.ndarray) -> None:
    """Raise a ValueError unless two arrays hold the indices of the same samples in the same order."""
    if not np.array_equal(indices, others):
        raise ValueError("the sample indices of two files differ: they were made from different splits")
