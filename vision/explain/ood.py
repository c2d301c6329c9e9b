"""Out-of-distribution images, scores of them with and without a classifier, and the AUROC of these scores."""

import math
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from scipy.special import logsumexp, softmax
from scipy.stats import rankdata
from skimage.data import chelsea

from vision.data.dataset import IMAGE_SCALE, Samples
from vision.pipeline.errors import UserError
from vision.scores.estimate import Estimate
from vision.scores.intervals import Z

COLOURS = 3


class Pictures(NamedTuple):
    """The same images in two sizes."""

    names: list[str]  # chelsea, ood_1 and so on, noise
    indices: np.ndarray  # int64 (N,), of each in its published test file; -1 where it has none
    large: np.ndarray  # float32 (N, 3, side, side), in [0, 1]
    small: np.ndarray


def class_number(names: list[str], name: str, key: str) -> int:
    """The label of a class by its name, which is the value of `key` in params.yaml."""
    if name not in names:
        raise UserError(f"{key} is {name!r}: should be one of {', '.join(names)}, the classes of its data")
    return names.index(name)


def draw_class(samples: Samples, label: int, count: int, seed: int) -> Samples:
    """Samples of one class, drawn without replacement; all of them, in random order, if there are fewer."""
    return samples[np.random.default_rng(seed).permutation(np.flatnonzero(samples.labels == label))[:count]]


def photograph() -> np.ndarray:
    """The middle of scikit-image's photograph of a cat (Stéfan van der Walt, CC0): uint8 (1, 3, 300, 300)."""
    whole = chelsea().transpose(2, 0, 1)
    side = min(whole.shape[1:])
    top, left = ((length - side) // 2 for length in whole.shape[1:])
    return whole[None, :, top : top + side, left : left + side]


def grey_noise(pixels: int, low: int, high: int, seed: int) -> np.ndarray:
    """Colour noise, uniform in [low / 255, high / 255): float32 (1, 3, pixels, pixels)."""
    levels = np.random.default_rng(seed).integers(low, high, (1, COLOURS, pixels, pixels))
    return (levels / IMAGE_SCALE).astype(np.float32)


def resized(images: np.ndarray, pixels: int) -> np.ndarray:
    """Resize uint8 images (N, 1 or 3, H, W) to float32 (N, 3, pixels, pixels) in [0, 1]."""
    scaled = torch.from_numpy(np.ascontiguousarray(images)).float() / IMAGE_SCALE
    small = F.interpolate(scaled, (pixels, pixels), mode="bilinear", antialias=True, align_corners=False)
    return small.clamp(0, 1).expand(-1, COLOURS, -1, -1).contiguous().numpy()


def collect_pictures(ood: Samples, sides: tuple[int, int], levels: tuple[int, int], seed: int) -> Pictures:
    """The photograph, images of another dataset, and noise, with the sides of the large and of the small ones."""
    names = ["chelsea", *(f"ood_{number}" for number in range(1, len(ood) + 1)), "noise"]
    large, small = (
        np.concatenate([resized(photograph(), side), resized(ood.inputs, side), grey_noise(side, *levels, seed)])
        for side in sides
    )
    return Pictures(names, np.array([-1, *ood.indices, -1]), large, small)


def as_samples(images: np.ndarray) -> Samples:
    """Samples of float images in [0, 1], whose labels and indices are all 0."""
    return Samples(images, *np.zeros((2, len(images)), np.int64))


def as_bytes(images: np.ndarray) -> np.ndarray:
    """Images in [0, 1] as uint8."""
    return np.rint(images * IMAGE_SCALE).astype(np.uint8)


def confidences(logits: np.ndarray) -> np.ndarray:
    """The largest probability of each image, float64 (N,): low out of distribution (Hendrycks and Gimpel, 2017)."""
    return softmax(logits.astype(np.float64), axis=1).max(1)


def ood_scores(logits: np.ndarray) -> dict[str, np.ndarray]:
    """Scores float64 (N,) that rise out of distribution: 1 - confidence, and energy (Liu et al., 2020)."""
    return {"confidence": 1 - confidences(logits), "energy": -logsumexp(logits.astype(np.float64), axis=1)}


def pixel_scores(samples: Samples) -> dict[str, np.ndarray]:
    """Scores float64 (N,) without a classifier: the means of images' border pixels and of their corners, in [0, 1]."""
    grey = samples.inputs.mean(1, dtype=np.float64) / samples.scale
    border = np.pad(np.full([side - 2 for side in grey.shape[1:]], False), 1, constant_values=True)
    return {"border_mean": grey[:, border].mean(1), "corner_mean": grey[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean(1)}


def auroc(scores: np.ndarray, ood: np.ndarray) -> Estimate:
    """Area under the ROC curve of OOD scores (N,) in and (M,) out of distribution, with DeLong's interval (1988)."""
    n, m = len(scores), len(ood)
    ranks = rankdata(np.concatenate([scores, ood]))  # from 1; means among equals
    above = (ranks[n:] - rankdata(ood)) / n  # of each OOD image: the share of the others that it exceeds
    below = 1 - (ranks[:n] - rankdata(scores)) / m  # of each other image: the share of OOD images that exceed it
    area, half = float(above.mean()), Z * math.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    return Estimate(area, max(0.0, area - half), min(1.0, area + half), n + m)
