"""Do explanations depend on what a network learned? With weights drawn anew they must change (Adebayo et al., 2018)."""

from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

from vision.explain.attributions import attribute, completeness_error, strengths
from vision.nets import build
from vision.scores.intervals import mean_with_interval

LEAST = 2  # values, of which an interval can be told


def redrawn(name: str, hyper: dict[str, Any], seed: int) -> nn.Module:
    """The same network before any training, in evaluation mode.

    Args:
        name, hyper: as of vision.nets.build
        seed: of its weights
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(name, **hyper).eval()


def jittered(images: np.ndarray, jitter: float, seed: int) -> np.ndarray:
    """Images of which each value is larger or smaller by a random share; what is black stays so; float32, in [0, 1].

    Args:
        jitter: standard deviation of the share, which is normal
    """
    shares = np.random.default_rng(seed).normal(0, jitter, images.shape)
    return (images * (1 + shares)).clip(0, 1).astype(np.float32)


def rank_correlations(maps: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of each image's map with its other one.

    Returns:
        float64 (N,), in [-1, 1]; NaN where a map has one value everywhere, and so no ranks
    """
    pairs = zip(maps.reshape(len(maps), -1), others.reshape(len(others), -1), strict=True)
    return np.array([spearmanr(*pair).statistic if min(map(np.ptp, pair)) > 0 else np.nan for pair in pairs])


def compare_explanations(maps: dict[str, np.ndarray], others: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """How alike two explanations of each image are: `rank_correlations` of their strengths, by method.

    Args:
        maps, others: as of `attribute`
    """
    return {name: rank_correlations(strengths(name, maps[name]), strengths(name, others[name])) for name in maps}


def check_explanations(
    net: nn.Module, redraw: nn.Module, layer: str, images: np.ndarray, labels: np.ndarray, *, steps: int, jitter: float,
    seed: int,
) -> tuple[dict[str, dict[str, np.ndarray]], float]:  # fmt: skip
    """Hold a network's explanations against those of weights drawn anew, and against its own of nearly the same images.

    Args:
        net, redraw: of one kind
        layer, images, labels, steps: as of `attribute`
        jitter, seed: of the noise in nearly the same images

    Returns:
        correlations as of `compare_explanations`, by `redrawn` and `jittered`, and the completeness error of the
        network's integrated gradients
    """
    maps = attribute(net, layer, images, labels, steps)
    others = {"redrawn": (redraw, images), "jittered": (net, jittered(images, jitter, seed))}
    alike = {
        name: compare_explanations(maps, attribute(other, layer, shown, labels, steps))
        for name, (other, shown) in others.items()
    }
    return alike, completeness_error(net, images, labels, maps["integrated_gradients"])


def mean_correlation(values: np.ndarray) -> dict[str, float | int]:
    """Mean of the correlations that there are, its 95 % interval, and of how many images; of fewer than two, that."""
    found = values[~np.isnan(values)]
    if len(found) < LEAST:
        return {"images": len(found)}
    within = {name: min(max(value, -1.0), 1.0) for name, value in mean_with_interval("correlation", found).items()}
    return {"images": len(found)} | within
