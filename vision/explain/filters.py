"""What one filter of a layer responds to: gradient ascent on pixels (row F15, bug B4.8)."""

import numpy as np
import torch
from torch import nn

from vision.pipeline.errors import UserError

EDGE = 1 / 512  # half a grey level: black and white are that far from the ends, where a logit would be infinite


def convolution(net: nn.Module, layer: str, numbers: list[int], key: str = "explanations") -> nn.Conv2d:
    """A network's convolution, by the name of its tap.

    Args:
        numbers: channels that it should have
        key: the section of params.yaml where `layer` and `filters` stand

    Raises:
        UserError: there is none, or it has no such channels
    """
    found = {tap: net.get_submodule(name) for tap, name in net.layers.items()}
    known = [tap for tap, module in found.items() if isinstance(module, nn.Conv2d)]
    if layer not in known:
        raise UserError(f"{key}.layer is {layer!r}: should be a convolution, one of {', '.join(known)}")
    if max(numbers) >= (channels := found[layer].out_channels):
        raise UserError(f"{key}.filters holds {max(numbers)}: should be below {channels}, the filters of {layer}")
    return found[layer]


def maximise_filter(
    net: nn.Module, layer: nn.Conv2d, number: int, images: np.ndarray, *, iterations: int, every: int, lr: float
) -> tuple[np.ndarray, np.ndarray]:
    """Change images so that the mean response of one filter rises: gradient ascent by Adam (Erhan et al., 2009).

    The pixels are a sigmoid of what is changed, so that they stay within [0, 1]. What rises is what the convolution
    itself gives, before its norm and ReLU, as in the published script.

    Args:
        net: in evaluation mode; left as it was
        layer: a convolution of net
        number: which of its channels
        images: float32 (N, C, H, W), in [0, 1]; each is changed by itself
        iterations: steps; `every` as many a frame is kept

    Returns:
        float32 (N, 1 + iterations // every, C, H, W), the frames, the start first; float64 (N, 1 + iterations), the
        mean of the filter's map, the start's first
    """
    inside = images.astype(np.float64).clip(EDGE, 1 - EDGE)
    hidden = torch.from_numpy(np.log(inside / (1 - inside)).astype(np.float32)).requires_grad_()  # torch.logit is MKL's
    optimizer = torch.optim.Adam([hidden], lr, fused=True)  # else its square root is MKL's, which differs by maker
    frames, reached, maps = [images.astype(np.float32)], [], []
    hook = layer.register_forward_hook(lambda module, inputs, output: maps.append(output[:, number].mean((1, 2))))
    try:
        for step in range(iterations + 1):
            net(torch.sigmoid(hidden))
            response = maps.pop()
            reached.append(response.detach().double().numpy())
            if step == iterations:
                break
            (gradient,) = torch.autograd.grad(-response.sum(), hidden)
            hidden.grad = gradient.contiguous()  # as hidden is: fused Adam goes through both as they lie in memory
            optimizer.step()
            if (step + 1) % every == 0:
                frames.append(torch.sigmoid(hidden).detach().numpy())
    finally:
        hook.remove()
    return np.stack(frames, axis=1), np.stack(reached, axis=1)
