"""Which pixels speak for a class: gradients, integrated gradients and Grad-CAM (row F16)."""

import numpy as np
import torch
from captum.attr import IntegratedGradients, LayerGradCam
from torch import nn

IMAGES_AT_ONCE = 8  # of integrated gradients, each as often as it has steps
TOP_PERCENTILE = 99
METHODS = {"gradient": "gradient", "integrated_gradients": "integrated gradients", "grad_cam": "Grad-CAM"}


def gradients(net: nn.Module, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The gradient of one logit of each image, by every channel of every pixel (Simonyan et al., 2014).

    Args:
        net: in evaluation mode; left as it was
        images: float32 (N, C, H, W), in [0, 1]
        labels: int64 (N,), whose logit

    Returns:
        float32 (N, C, H, W)
    """
    pixels, wanted = torch.from_numpy(images).requires_grad_(), torch.from_numpy(labels)[:, None]
    (found,) = torch.autograd.grad(net(pixels).gather(1, wanted).sum(), pixels)
    return found.numpy()


def integrated_gradients(net: nn.Module, images: np.ndarray, labels: np.ndarray, steps: int) -> np.ndarray:
    """What each pixel adds to a logit on the straight way from black to the image (Sundararajan et al., 2017).

    All of an image add up to how far its logit is above that of black, but for the error of the sum over steps.

    Args:
        net, images, labels: as of `gradients`
        steps: of the sum, at the middle of each

    Returns:
        float32 (N, C, H, W)
    """
    method, found = IntegratedGradients(net), []
    for start in range(0, len(images), IMAGES_AT_ONCE):
        pixels, wanted = (torch.from_numpy(part[start : start + IMAGES_AT_ONCE]) for part in (images, labels))
        attributed = method.attribute(pixels, target=wanted, n_steps=steps, method="riemann_middle")
        found.append(attributed.detach().float().numpy())
    return np.concatenate(found)


def completeness_error(net: nn.Module, images: np.ndarray, labels: np.ndarray, found: np.ndarray) -> float:
    """How far integrated gradients miss what they should add up to, as a share of it, each a mean over the images."""
    with torch.inference_mode():
        logits = [net(torch.from_numpy(pixels)).double().numpy() for pixels in (images, np.zeros_like(images[:1]))]
    rise = logits[0][np.arange(len(labels)), labels] - logits[1][0, labels]
    return float(np.abs(found.sum((1, 2, 3), dtype=np.float64) - rise).mean() / np.abs(rise).mean())


def grad_cam(net: nn.Module, layer: nn.Module, images: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """A layer's maps, each weighted by its mean gradient of a logit (Selvaraju et al., 2017), before their ReLU.

    So it has two signs: what is negative speaks against the class.

    Args:
        layer: a convolution of net
        net, images, labels: as of `gradients`

    Returns:
        float32 (N, h, w), as large as the layer's maps
    """
    method = LayerGradCam(net, layer)
    found = method.attribute(torch.from_numpy(images), target=torch.from_numpy(labels))
    return found[:, 0].detach().float().numpy()


def last_map(net: nn.Module, pixels: int) -> str:
    """The tap of the last convolution that gives more than one pixel for images of this size.

    Raises:
        ValueError: all of them give one
    """
    sizes, hooks = {}, []
    for tap, name in net.layers.items():
        if isinstance(module := net.get_submodule(name), nn.Conv2d):
            hooks.append(
                module.register_forward_hook(lambda _, i, out, tap=tap: sizes.update({tap: out[0, 0].numel()}))
            )
    try:
        with torch.inference_mode():
            net(torch.zeros(1, 3, pixels, pixels))
    finally:
        for hook in hooks:
            hook.remove()
    wide = [tap for tap, size in sizes.items() if size > 1]
    if not wide:
        raise ValueError(f"no convolution gives more than one pixel for images of {pixels}")
    return wide[-1]


def attribute(net: nn.Module, layer: str, images: np.ndarray, labels: np.ndarray, steps: int) -> dict[str, np.ndarray]:
    """All three explanations, by the keys of METHODS; `layer` is the tap of Grad-CAM's convolution."""
    return {
        "gradient": gradients(net, images, labels),
        "integrated_gradients": integrated_gradients(net, images, labels, steps),
        "grad_cam": grad_cam(net, net.get_submodule(net.layers[layer]), images, labels),
    }


def strengths(method: str, maps: np.ndarray) -> np.ndarray:
    """How much each pixel counts, whichever way: float32 (N, h, w).

    Of gradients the absolute values of the channels are added, as the published script does; of what adds up to the
    logit the channels themselves, and then their absolute value is taken.
    """
    if method == "gradient":
        return np.abs(maps).sum(1)
    return np.abs(maps.sum(1) if maps.ndim == 4 else maps)


def as_grey(maps: np.ndarray) -> np.ndarray:
    """Strengths between their smallest value, 0, and their 99th percentile, 1, as the published script draws them.

    Args:
        maps: float (N, h, w)

    Returns:
        float (N, h, w), in [0, 1]
    """
    low, high = maps.min((1, 2), keepdims=True), np.percentile(maps, TOP_PERCENTILE, axis=(1, 2), keepdims=True)
    return ((maps - low) / np.where(high > low, high - low, 1)).clip(0, 1)
