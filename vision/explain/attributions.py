"""Attributions, which pixels speak for a class, and their sanity check (Adebayo et al., 2018)."""

from typing import Any

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam
from scipy.stats import spearmanr
from torch import nn

from vision.explain.maximisation import convolutions
from vision.explain.ood import as_samples
from vision.nets import build
from vision.nets.inference import capture_activations
from vision.scores.estimate import Estimate
from vision.scores.intervals import mean_estimate

IMAGES_AT_ONCE = 8  # of integrated gradients, each as often as it has steps
METHODS = ("gradient", "integrated_gradients", "grad_cam")
Maps = dict[str, np.ndarray]  # by the names of METHODS


def gradients(net: nn.Module, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The gradient of the label's logit by the pixels, float32 (N, C, H, W) (Simonyan et al., 2014)."""
    pixels, classes = torch.from_numpy(images).requires_grad_(), torch.from_numpy(labels)[:, None]
    return torch.autograd.grad(net(pixels).gather(1, classes).sum(), pixels)[0].numpy()


def integrated_gradients(net: nn.Module, images: np.ndarray, labels: np.ndarray, steps: int) -> np.ndarray:
    """What each pixel adds to a logit between black and the image: float32 (N, C, H, W) (Sundararajan et al., 2017)."""
    method, maps = IntegratedGradients(net), []
    for start in range(0, len(images), IMAGES_AT_ONCE):
        pixels, classes = (torch.from_numpy(part[start : start + IMAGES_AT_ONCE]) for part in (images, labels))
        attributed = method.attribute(pixels, target=classes, n_steps=steps, method="riemann_middle")
        maps.append(attributed.detach().float().numpy())
    return np.concatenate(maps)


def completeness_error(net: nn.Module, images: np.ndarray, labels: np.ndarray, maps: np.ndarray) -> float:
    """Mean absolute error of the sums of integrated gradients, over the mean absolute rise of the logit."""
    with torch.inference_mode():
        inputs = images, np.zeros_like(images[:1])
        logits, black = (net(torch.from_numpy(pixels)).double().numpy() for pixels in inputs)
    rise = logits[np.arange(len(labels)), labels] - black[0, labels]
    return float(np.abs(maps.sum((1, 2, 3), dtype=np.float64) - rise).mean() / np.abs(rise).mean())


def grad_cam(net: nn.Module, layer: nn.Module, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Grad-CAM of a convolution before its ReLU: float32 (N, h, w) (Selvaraju et al., 2017)."""
    maps = LayerGradCam(net, layer).attribute(torch.from_numpy(images), target=torch.from_numpy(labels))
    return maps[:, 0].detach().float().numpy()


def last_map(net: nn.Module, pixels: int) -> str:
    """The label of the last convolution with more than one output pixel for square colour images of this side."""
    maps = capture_activations(net, as_samples(np.zeros((1, 3, pixels, pixels), np.float32)), *convolutions(net))
    return [label for label, values in maps.items() if values[0, 0].size > 1][-1]


def attribute(net: nn.Module, layer: str, images: np.ndarray, labels: np.ndarray, steps: int) -> Maps:
    """All attributions by the names of METHODS; `layer` is the label of Grad-CAM's convolution."""
    return {
        "gradient": gradients(net, images, labels),
        "integrated_gradients": integrated_gradients(net, images, labels, steps),
        "grad_cam": grad_cam(net, convolutions(net)[layer], images, labels),
    }


def magnitude(method: str, maps: np.ndarray) -> np.ndarray:
    """Attribution magnitude of each pixel, (N, h, w); contributions of channels are summed first, gradients are not."""
    if method == "gradient":
        return np.abs(maps).sum(1)
    return np.abs(maps.sum(1) if maps.ndim == 4 else maps)


def as_grey(maps: np.ndarray) -> np.ndarray:
    """Scale each map (N, h, w) from its smallest value, 0, to its 99th percentile, 1."""
    low, high = maps.min((1, 2), keepdims=True), np.percentile(maps, 99, axis=(1, 2), keepdims=True)
    return ((maps - low) / np.where(high > low, high - low, 1)).clip(0, 1)


def randomised_weights(name: str, hyper: dict[str, Any], seed: int) -> nn.Module:
    """An untrained network in evaluation mode, built as by `vision.nets.build`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(name, **hyper).eval()


def perturbed(images: np.ndarray, jitter: float, seed: int) -> np.ndarray:
    """Images times 1 plus normal noise of standard deviation `jitter`, clipped to [0, 1]: float32."""
    noise = np.random.default_rng(seed).normal(0, jitter, images.shape)
    return (images * (1 + noise)).clip(0, 1).astype(np.float32)


def rank_correlations(maps: np.ndarray, others: np.ndarray, ranked: np.ndarray) -> np.ndarray:
    """Spearman's rank correlation of each map (N, h, w) with its other one: float64 (N,), NaN where a map is constant.

    Values are ranked where `ranked`, bool (N, h, w), is true.
    """
    pairs = ((one[where], other[where]) for one, other, where in zip(maps, others, ranked, strict=True))
    return np.array([
        spearmanr(*pair).statistic if min(len(np.unique(values)) for values in pair) > 1 else np.nan for pair in pairs
    ])  # fmt: skip


def compare_maps(maps: Maps, others: Maps, lit: np.ndarray) -> Maps:
    """Rank correlations of attributions, by method: float64 (N,).

    Pixels are ranked where `lit`, bool (N, H, W), is true, as integrated gradients of black pixels are 0 whatever the
    weights; of Grad-CAM all values are.
    """
    everywhere = np.full(maps["grad_cam"].shape, True)
    return {
        method: rank_correlations(magnitude(method, maps[method]), magnitude(method, others[method]), where)
        for method, where in zip(METHODS, (lit, lit, everywhere), strict=True)
    }


def check_attributions(
    net: nn.Module, randomised: nn.Module, layer: str, images: np.ndarray, labels: np.ndarray, *, steps: int,
    jitter: float, seed: int,
) -> tuple[dict[str, Maps], float]:  # fmt: skip
    """Rank correlations with the attributions of randomised weights and of perturbed images; the completeness error."""
    maps, lit = attribute(net, layer, images, labels, steps), images.max(1) > 0
    others = {"randomised_weights": (randomised, images), "perturbed": (net, perturbed(images, jitter, seed))}
    correlations = {
        name: compare_maps(maps, attribute(other, layer, shown, labels, steps), lit)
        for name, (other, shown) in others.items()
    }
    correlations["unrelated_maps"] = {"integrated_gradients": unrelated_correlations(images, lit, seed)}
    return correlations, completeness_error(net, images, labels, maps["integrated_gradients"])


def unrelated_correlations(images: np.ndarray, ranked: np.ndarray, seed: int) -> np.ndarray:
    """Rank correlations float64 (N,) of two unrelated maps that, as integrated gradients, are pixels times a factor."""
    factors = np.random.default_rng(seed).normal(size=(2, *images.shape))
    return rank_correlations(*(magnitude("integrated_gradients", images * factor) for factor in factors), ranked)


def mean_correlation(values: np.ndarray) -> Estimate | None:
    """Mean of the correlations that are not NaN, its interval within [-1, 1]; None of fewer than two."""
    values = values[~np.isnan(values)]
    if len(values) < 2:
        return None
    mean = mean_estimate(values)
    return mean._replace(low=max(mean.low, -1.0), high=min(mean.high, 1.0))
