"""What kernels are and what they are worth."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vision.explain import ramp_share, silencing_costs
from vision.nets import build

ROWS, COLUMNS = np.mgrid[:5, :5]


@pytest.mark.parametrize(("rows", "columns", "level"), [(1, 0, 0), (0, -2, 5), (0.3, 0.7, -1)])
def test_a_linear_ramp_is_all_ramp(rows, columns, level):
    assert ramp_share((rows * ROWS + columns * COLUMNS + level)[None]) == pytest.approx(1)


def test_a_symmetric_or_flat_kernel_has_no_ramp():
    bump = np.exp(-((ROWS - 2) ** 2 + (COLUMNS - 2) ** 2) / 2)
    stripes = np.abs(COLUMNS - 2)
    assert ramp_share(np.stack([bump, stripes, np.full((5, 5), 3)])) == pytest.approx(0, abs=1e-12)


def test_the_share_is_that_of_least_squares_also_off_the_square():
    kernels = np.random.default_rng(0).normal(size=(20, 4, 6))
    rows, columns = np.mgrid[:4, :6].reshape(2, -1)
    plane = np.stack([rows, columns, np.ones(24)], axis=1)
    for kernel, share in zip(kernels.reshape(20, -1), ramp_share(kernels), strict=True):
        residual = kernel - plane @ np.linalg.lstsq(plane, kernel)[0]
        assert share == pytest.approx(1 - residual.var() / kernel.var())


def test_noise_is_2_parts_in_24_ramp():
    kernels = np.random.default_rng(0).normal(size=(5000, 5, 5))
    assert ramp_share(kernels).mean() == pytest.approx(2 / 24, rel=0.05)


def test_silencing_a_kernel_costs_what_zeroing_it_by_hand_does_and_changes_nothing():
    torch.manual_seed(0)
    net = build("convnet", mean=[0.5], std=[0.2], image_pixels=16, n_classes=3, dropout=0.3).eval()
    generator = np.random.default_rng(0)
    images, labels = generator.integers(0, 256, (12, 1, 16, 16), np.uint8), np.arange(12) % 3
    before = copy.deepcopy(net.state_dict())
    costs = silencing_costs(net, net.conv1, images, labels)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())

    inputs, targets = torch.from_numpy(images) / 255, torch.from_numpy(labels)
    assert costs.shape == (32, 12)
    for kernel in (0, 17, 31):
        silent = copy.deepcopy(net)
        with torch.no_grad():
            silent.conv1.weight[kernel] = silent.conv1.bias[kernel] = 0
            rise = F.cross_entropy(silent(inputs), targets, reduction="none")
            rise -= F.cross_entropy(net(inputs), targets, reduction="none")
        np.testing.assert_allclose(costs[kernel], rise.numpy(), atol=1e-5)
        assert np.abs(costs[kernel]).max() > 1e-4
