"""What kernels are and what they are worth."""

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


@pytest.mark.parametrize("turns", range(4))
def test_an_edge_is_an_edge_and_a_line_a_line_however_turned_shifted_or_scaled(turns):
    kernels = np.stack([EDGE, LINE, np.roll(LINE, 1, axis=1), -3 * EDGE + 5])
    edges, lines = straight_shares(np.rot90(kernels, turns, axes=(1, 2)))
    assert (edges[[0, 3]] > 0.9).all()
    assert (lines[[1, 2]] > 0.8).all()
    assert edges[1] < 0.2


def test_a_diagonal_line_is_one_and_a_dot_ring_or_flat_kernel_is_neither():
    ring = np.pad(np.ones((3, 3)), 1)
    ring[2, 2] = 0
    edges, lines = straight_shares(np.stack([np.eye(5), ring, np.full((5, 5), 3)]))
    assert lines[0] > 0.5
    assert (edges[1:] < 0.3).all()
    assert (lines[1:] < 0.5).all()
    assert (edges[2], lines[2]) == (0, 0)


def test_noise_is_rarely_straight():
    kernels = np.random.default_rng(0).normal(size=(5000, 5, 5))
    better = np.maximum(*straight_shares(kernels))
    assert np.median(better) == pytest.approx(0.22, abs=0.01)
    assert (better > 0.5).mean() < 0.01
    assert (better <= 1).all()


def correlations(kernels):
    """Mean product of neighbours, over the mean square, across and down."""
    flat = kernels - kernels.mean((1, 2), keepdims=True)
    across, down = (flat[:, :, 1:] * flat[:, :, :-1]).mean(), (flat[:, 1:] * flat[:, :-1]).mean()
    return np.array([across, down]) / (flat**2).mean()


def test_noise_is_as_smooth_as_the_kernels_that_it_is_like_and_as_strong():
    generator = np.random.default_rng(0)
    smooth = generator.normal(size=(400, 5, 7))
    smooth = smooth[:, :, :-2] + smooth[:, :, 1:-1] + smooth[:, :, 2:]  # across, not down
    noise = noise_like(smooth, 4000, 1)
    assert noise.shape == (4000, 5, 5)
    assert correlations(noise) == pytest.approx(correlations(smooth), abs=0.05)
    assert correlations(smooth)[0] > correlations(smooth)[1] + 0.4  # so that the test can fail
    centred = noise - noise.mean((1, 2), keepdims=True)
    assert centred.std() == pytest.approx((smooth - smooth.mean((1, 2), keepdims=True)).std(), rel=0.1)


def test_smooth_noise_is_straighter_than_white_noise():
    """So that a trained kernel, which is smooth, must be held against smooth noise."""
    generator = np.random.default_rng(0)
    white = generator.normal(size=(300, 5, 5))
    rows = generator.normal(size=(300, 7, 7))
    smooth = sum(rows[:, a : a + 5, b : b + 5] for a in range(3) for b in range(3))
    like_white, like_smooth = (np.median(np.maximum(*straight_shares(noise_like(k, 2000, 0)))) for k in (white, smooth))
    assert like_white == pytest.approx(0.22, abs=0.03)
    assert like_smooth > like_white + 0.15


def test_ablating_a_kernel_costs_what_zeroing_it_by_hand_does_and_changes_nothing():
    torch.manual_seed(0)
    net = build("convnet", mean=[0.5], std=[0.2], shape=[1, 16, 16], n_classes=3, dropout=0.3).eval()
    generator = np.random.default_rng(0)
    samples = Samples(generator.integers(0, 256, (12, 1, 16, 16), np.uint8), np.arange(12) % 3, np.arange(12))
    before = copy.deepcopy(net.state_dict())
    costs = ablation_costs(net, net.conv1, samples)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())

    inputs, targets = torch.from_numpy(samples.inputs) / 255, torch.from_numpy(samples.labels)
    assert costs.shape == (32, 12)
    for kernel in (0, 17, 31):
        silent = copy.deepcopy(net)
        with torch.no_grad():
            silent.conv1.weight[kernel] = silent.conv1.bias[kernel] = 0
            rise = F.cross_entropy(silent(inputs), targets, reduction="none")
            rise -= F.cross_entropy(net(inputs), targets, reduction="none")
        np.testing.assert_allclose(costs[kernel], rise.numpy(), atol=1e-5)
        assert np.abs(costs[kernel]).max() > 1e-4
