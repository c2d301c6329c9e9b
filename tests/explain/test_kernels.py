"""Edges and lines in kernels, noise of the same covariance, and the cost of removing a kernel."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vision.data.dataset import Samples
from vision.explain.kernels import ablation_costs, noise_like, straight_shares
from vision.nets import build

EDGE = np.repeat([[-1, -1, -1, 1, 1]], 5, axis=0)
LINE = np.repeat([[0, 0, 1, 0, 0]], 5, axis=0)


@pytest.mark.parametrize("turns", [0, 1])
def test_straight_shares_recognise_edges_and_lines_turned_shifted_or_scaled(turns):
    kernels = np.stack([EDGE, LINE, np.roll(LINE, 1, axis=1), -3 * EDGE + 5])
    edges, lines = straight_shares(np.rot90(kernels, turns, axes=(1, 2)))
    assert (edges[[0, 3]] > 0.9).all()
    assert (lines[[1, 2]] > 0.8).all()
    assert edges[1] < 0.2


def test_straight_shares_of_a_diagonal_a_ring_and_a_flat_kernel():
    ring = np.pad(np.ones((3, 3)), 1)
    ring[2, 2] = 0
    edges, lines = straight_shares(np.stack([np.eye(5), ring, np.full((5, 5), 3)]))
    assert lines[0] > 0.5
    assert (edges[1:] < 0.3).all()
    assert (lines[1:] < 0.5).all()
    assert (edges[2], lines[2]) == (0, 0)


def neighbour_correlations(kernels):
    """Mean product of neighbours, over the mean square, across and down."""
    flat = kernels - kernels.mean((1, 2), keepdims=True)
    across, down = (flat[:, :, 1:] * flat[:, :, :-1]).mean(), (flat[:, 1:] * flat[:, :-1]).mean()
    return np.array([across, down]) / (flat**2).mean()


def test_noise_like_has_the_covariance_of_the_kernels():
    generator = np.random.default_rng(0)
    smooth = generator.normal(size=(400, 5, 7))
    smooth = smooth[:, :, :-2] + smooth[:, :, 1:-1] + smooth[:, :, 2:]  # across, not down
    noise = noise_like(smooth, 4000, 1)
    assert noise.shape == (4000, 5, 5)
    assert neighbour_correlations(noise) == pytest.approx(neighbour_correlations(smooth), abs=0.05)
    assert neighbour_correlations(smooth)[0] > neighbour_correlations(smooth)[1] + 0.4  # so that the test can fail
    centred = noise - noise.mean((1, 2), keepdims=True)
    assert centred.std() == pytest.approx((smooth - smooth.mean((1, 2), keepdims=True)).std(), rel=0.1)


def test_smooth_noise_is_straighter_than_white_noise():
    """So a trained kernel, which is smooth, must be compared with smooth noise."""
    generator = np.random.default_rng(0)
    white = generator.normal(size=(300, 5, 5))
    rows = generator.normal(size=(300, 7, 7))
    smooth = sum(rows[:, a : a + 5, b : b + 5] for a in range(3) for b in range(3))
    like_white, like_smooth = (np.maximum(*straight_shares(noise_like(k, 2000, 0))) for k in (white, smooth))
    assert np.median(like_white) == pytest.approx(0.22, abs=0.03)
    assert (like_white > 0.5).mean() < 0.015
    assert np.median(like_smooth) > np.median(like_white) + 0.15
    assert like_smooth.max() <= 1


def test_ablation_costs_match_zeroing_a_kernel_by_hand():
    torch.manual_seed(0)
    net = build("convnet", mean=[0.5], std=[0.2], shape=[1, 16, 16], n_classes=3, dropout=0.3).eval()
    generator = np.random.default_rng(0)
    samples = Samples(generator.integers(0, 256, (12, 1, 16, 16), np.uint8), np.arange(12) % 3, np.arange(12))
    before = copy.deepcopy(net.state_dict())
    costs = ablation_costs(net, net.conv1, samples)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())

    inputs, targets = torch.from_numpy(samples.inputs) / 255, torch.from_numpy(samples.labels)
    assert costs.shape == (32, 12)
    for kernel in (0, 31):
        silent = copy.deepcopy(net)
        with torch.no_grad():
            silent.conv1.weight[kernel] = silent.conv1.bias[kernel] = 0
            rise = F.cross_entropy(silent(inputs), targets, reduction="none")
            rise -= F.cross_entropy(net(inputs), targets, reduction="none")
        np.testing.assert_allclose(costs[kernel], rise.numpy(), atol=1e-5)
        assert np.abs(costs[kernel]).max() > 1e-4
