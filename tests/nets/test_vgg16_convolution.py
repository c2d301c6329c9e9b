"""Winograd's convolution against torch's: maps, gradients, rounding, threads."""

import pytest
import torch
import torch.nn.functional as F

from vision.nets import vgg16
from vision.nets.vgg16 import BASES, MIN_CHANNELS, Conv3x3


def convolution(channels=MIN_CHANNELS, outputs=5, dtype=torch.float64):
    torch.manual_seed(0)
    layer = Conv3x3(channels, outputs).to(dtype).to(memory_format=torch.channels_last)
    torch.nn.init.normal_(layer.bias)
    return layer


def maps_of(side, channels=MIN_CHANNELS, count=3, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, channels, *side, dtype=dtype, generator=generator).requires_grad_()


def answer(function, layer, maps):
    """What a convolution gives, and the gradients of its maps, weights and biases by a random gradient."""
    made = function(maps)
    weights = torch.randn(made.shape, generator=torch.Generator().manual_seed(2)).to(made.dtype)
    return made.detach(), *torch.autograd.grad((made * weights).sum(), [maps, layer.weight, layer.bias])


def check(found, expected, tolerance):
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)


def torchs(layer):
    return lambda maps: F.conv2d(maps, layer.weight, layer.bias, padding=1)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("side", [(1, 7), (2, 2), (3, 3), (4, 4), (7, 7), (2, 9), (11, 3)], ids=str)
@pytest.mark.parametrize("m", BASES)
def test_maps_and_gradients_match_torch(m, side, memory, monkeypatch):
    monkeypatch.setattr(vgg16, "BASES", {m: BASES[m]})
    layer, maps = convolution(), maps_of(side)
    maps = maps.detach().contiguous(memory_format=memory).requires_grad_()
    check(answer(layer, layer, maps), answer(torchs(layer), layer, maps), 1e-10)
    layer.weight.requires_grad_(False)
    (of_maps,) = torch.autograd.grad(layer(maps).sum(), [maps])  # alone
    torch.testing.assert_close(of_maps, torch.autograd.grad(torchs(layer)(maps).sum(), [maps])[0])
    with torch.inference_mode():
        torch.testing.assert_close(layer(maps), torchs(layer)(maps))


def test_float32_error_is_of_the_order_of_rounding():
    layer, maps = convolution(256, 32, torch.float32), maps_of((7, 7), 256, dtype=torch.float32)
    double = convolution(256, 32)
    double.load_state_dict(layer.state_dict())
    for found, expected in zip(answer(layer, layer, maps), answer(double, double, maps.double()), strict=True):
        assert (found - expected).abs().max() < 3e-5 * expected.abs().max()


def test_threads_do_not_change_the_result():
    layer, maps, threads = convolution(), maps_of((7, 7)), torch.get_num_threads()
    try:
        answers = []
        for count in (1, 2):
            torch.set_num_threads(count)
            answers.append(answer(layer, layer, maps))
    finally:
        torch.set_num_threads(threads)
    check(answers[1], answers[0], 1e-12)
