"""Winograd's convolution: that of torch, its gradients too, on maps and tiles of all kinds, whatever the threads."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vision.nets import vgg16
from vision.nets.vgg16 import BASES, FEWEST_CHANNELS, Conv3x3, bases

SIDES = [(2, 2), (3, 3), (4, 4), (7, 7), (8, 8), (14, 14), (2, 9), (11, 3), (6, 25)]


def convolution(channels=FEWEST_CHANNELS, outputs=5, dtype=torch.float64):
    torch.manual_seed(0)
    layer = Conv3x3(channels, outputs).to(dtype).to(memory_format=torch.channels_last)
    torch.nn.init.normal_(layer.bias)
    return layer


def maps_of(side, channels=FEWEST_CHANNELS, count=3, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(count, channels, *side, dtype=dtype, generator=generator).requires_grad_()


def answer(function, layer, maps):
    """What a convolution gives, and the gradients of its maps, weights and biases by a random gradient."""
    made = function(maps)
    weights = torch.randn(made.shape, generator=torch.Generator().manual_seed(2)).to(made.dtype)
    return made.detach(), *torch.autograd.grad((made * weights).sum(), [maps, layer.weight, layer.bias])


def torchs(layer):
    return lambda maps: F.conv2d(maps, layer.weight, layer.bias, padding=1)


@pytest.mark.parametrize("m", BASES)
def test_in_one_dimension_the_bases_give_a_correlation(m):
    inputs, kernel = np.random.default_rng(m).normal(size=m + 2), np.array([0.3, -2, 5])
    of_inputs, of_kernels, of_outputs = map(np.array, BASES[m])
    found = of_outputs @ ((of_kernels @ kernel) * (of_inputs @ inputs))
    np.testing.assert_allclose(found, np.correlate(inputs, kernel), rtol=1e-12)


@pytest.mark.parametrize("m", BASES)
def test_in_two_dimensions_there_is_one_product_for_each_input_of_a_tile(m):
    shapes = [basis.shape for basis in bases(m, np.dtype("float32"))]
    assert shapes == [((m + 2) ** 2, (m + 2) ** 2), ((m + 2) ** 2, 9), (m**2, (m + 2) ** 2)]


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize("side", SIDES)
def test_maps_and_gradients_are_those_of_torch(side, memory):
    layer, maps = convolution(), maps_of(side)
    maps = maps.detach().contiguous(memory_format=memory).requires_grad_()
    for found, expected in zip(answer(layer, layer, maps), answer(torchs(layer), layer, maps), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("m", BASES)
def test_tiles_of_either_size_give_the_same(m, monkeypatch):
    monkeypatch.setattr(vgg16, "BASES", {m: BASES[m]})
    layer, maps = convolution(), maps_of((10, 7))
    for found, expected in zip(answer(layer, layer, maps), answer(torchs(layer), layer, maps), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)


def test_gradients_are_those_of_finite_differences():
    layer, maps = convolution(outputs=2), maps_of((3, 5), count=1)
    assert torch.autograd.gradcheck(layer, maps, fast_mode=True)


def test_in_float32_the_error_is_of_the_order_of_rounding():
    layer, maps = convolution(512, 64, torch.float32), maps_of((7, 7), 512, dtype=torch.float32)
    double = convolution(512, 64)
    double.load_state_dict(layer.state_dict())
    for found, expected in zip(answer(layer, layer, maps), answer(double, double, maps.double()), strict=True):
        assert (found - expected).abs().max() < 3e-5 * expected.abs().max()


def test_bits_do_not_depend_on_how_often_or_where_it_runs():
    layer, maps = convolution(dtype=torch.float32), maps_of((7, 7), dtype=torch.float32)
    first, second = answer(layer, layer, maps), answer(layer, layer, maps)
    assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
    with torch.inference_mode():
        assert torch.equal(layer(maps), first[0])


def test_one_thread_and_two_compute_the_same():
    layer, maps, threads = convolution(), maps_of((7, 7)), torch.get_num_threads()
    try:
        answers = []
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            answers.append(answer(layer, layer, maps))
    finally:
        torch.set_num_threads(threads)
    for others in answers[1:]:
        torch.testing.assert_close(others, answers[0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("channels", "side"), [(FEWEST_CHANNELS - 1, (7, 7)), (FEWEST_CHANNELS, (1, 7)), (3, (28, 28))]
)
def test_where_it_does_not_pay_it_is_torch_s_own(channels, side):
    layer, maps = convolution(channels, dtype=torch.float32), maps_of(side, channels, dtype=torch.float32)
    assert torch.equal(layer(maps), torchs(layer)(maps))


def test_a_gradient_is_computed_only_for_what_needs_one():
    layer, maps = convolution(), maps_of((4, 4))
    layer.weight.requires_grad_(False)
    (of_maps,) = torch.autograd.grad(layer(maps).sum(), [maps])
    layer.weight.requires_grad_(True)
    (of_weight,) = torch.autograd.grad(layer(maps.detach()).sum(), [layer.weight])
    expected = answer(torchs(layer), layer, maps)
    assert of_maps.shape == expected[1].shape
    assert of_weight.shape == expected[2].shape
    assert of_weight.is_contiguous(memory_format=torch.channels_last)
