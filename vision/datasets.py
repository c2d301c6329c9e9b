"""Images in memory: labelled arrays, the datasets they make up, and how they are divided."""

import heapq
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vision.errors import UserError
from vision.files import load_arrays, save_arrays


@dataclass(frozen=True)
class Images:
    """Labelled images of one split.

    Attributes:
        images: uint8 (N, C, H, W), in [0, 255]
        labels: int64 (N,), in [0, number of classes)
        indices: int64 (N,), the position of each image in its published file (train or test)
    """

    images: np.ndarray
    labels: np.ndarray
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, positions: np.ndarray | slice) -> "Images":
        return Images(self.images[positions], self.labels[positions], self.indices[positions])


@dataclass(frozen=True)
class Dataset:
    """Splits by name, the class names, and the statistics of the training part where they are known.

    Attributes:
        mean, std: float64 (C,), of each channel in [0, 1]; empty before the split
    """

    splits: dict[str, Images]
    class_names: list[str]
    mean: np.ndarray = field(default_factory=lambda: np.empty(0))
    std: np.ndarray = field(default_factory=lambda: np.empty(0))

    @property
    def net_inputs(self) -> dict[str, int | list[float]]:
        """What a network is built from: mean, std, image_pixels and n_classes, as plain values."""
        return {
            "mean": self.mean.tolist(),
            "std": np.maximum(self.std, 1 / 255).tolist(),  # a channel that never changes is not divided by 0
            "image_pixels": self.splits["train"].images.shape[-1],
            "n_classes": len(self.class_names),
        }

    def save(self, path: Path) -> None:
        """Write everything into one npz file."""
        arrays = {f"{name}.{key}": array for name, split in self.splits.items() for key, array in vars(split).items()}
        save_arrays(path, class_names=np.array(self.class_names), mean=self.mean, std=self.std, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Dataset":
        """Read what `save` wrote.

        Raises:
            UserError: it is something else, or is damaged
        """
        arrays = load_arrays(path)
        names = [key.removesuffix(".images") for key in arrays if key.endswith(".images")]
        keys = [f"{name}.{key}" for name in names for key in ("images", "labels", "indices")]
        if not names or not {"class_names", "mean", "std", *keys} <= set(arrays):
            raise UserError(f"{path}: not a dataset file; delete it and run `dvc repro`")
        splits = {name: Images(*(arrays[f"{name}.{key}"] for key in ("images", "labels", "indices"))) for name in names}
        return cls(splits, arrays["class_names"].tolist(), arrays["mean"], arrays["std"])


def channel_statistics(images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each channel of uint8 images (N, C, H, W): two float64 (C,), in [0, 1]."""
    levels = np.arange(256) / 255
    counts = np.stack([np.bincount(channel.ravel(), minlength=256) for channel in images.swapaxes(0, 1)])
    mean = counts @ levels / counts.sum(1)
    return mean, np.sqrt((counts * (levels - mean[:, None]) ** 2).sum(1) / counts.sum(1))


def class_means(pixels: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Mean image of each class, float (n_classes, D), of pixels (N, D) (row H2)."""
    return np.stack([pixels[labels == label].mean(0) for label in range(labels.max() + 1)])


def stratified_order(labels: np.ndarray, seed: int) -> np.ndarray:
    """Order positions at random so that every prefix holds each class in proportion, to less than one image.

    Hence prefixes are nested, class-stratified subsets. Of a class with n of the N images, the k-th is placed between
    floor(k N / n) and ceil((k + 1) N / n), earliest deadline first, which always works out (Tijdeman, 1980).

    Args:
        labels: int (N,)
        seed: of the generator

    Returns:
        int64 (N,), a permutation
    """
    generator, total = np.random.default_rng(seed), len(labels)
    members = [generator.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    taken, order = [0] * len(members), np.empty(total, np.int64)
    coming, ready = [(0, group) for group in range(len(members))], []
    for place in range(total):
        while coming and coming[0][0] <= place:
            group = heapq.heappop(coming)[1]
            due = -(-(taken[group] + 1) * total // len(members[group]))
            heapq.heappush(ready, (due, generator.random(), group))
        group = heapq.heappop(ready)[2]
        order[place] = members[group][taken[group]]
        taken[group] += 1
        if taken[group] < len(members[group]):
            heapq.heappush(coming, (taken[group] * total // len(members[group]), group))
    return order
