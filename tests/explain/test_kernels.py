"""Edges and lines in kernels, noise of the same covariance, and the cost of removing a kernel."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.trainings import noise
from vision.explain.kernels import ablation_costs, noise_like, straight_shares
from vision.nets import build


@pytest.mark.parametrize("turns", [0, 1])
def test_straight_shares_recognise_edges_and_lines_turned_shifted_or_scaled(turns):
    edge, line = np.tile([-1, -1, -1, 1, 1], (5, 1)), np.tile([0, 0, 1, 0, 0], (5, 1))
    ring = np.pad(np.ones((3, 3)), 1)
    ring[2, 2] = 0
    kernels = np.stack([edge, -3 * edge + 5, line, np.roll(line, 1, axis=1), np.eye(5), ring, np.full((5, 5), 3)])
    edges, lines = straight_shares(np.rot90(kernels, turns, axes=(1, 2)))
    assert (edges[:2] > 0.9).all()
    assert (lines[2:4] > 0.8).all()
    assert lines[4] > 0.5  # a diagonal
    assert (edges[[2, 5]] < 0.3).all()
    assert lines[5] < 0.5
    assert (edges[6], lines[6]) == (0, 0)


def neighbour_correlations(kernels):
    """Mean product of neighbours, over the mean square, across and down."""
    flat = kernels - kernels.mean((1, 2), keepdims=True)
    across, down = (flat[:, :, 1:] * flat[:, :, :-1]).mean(), (flat[:, 1:] * flat[:, :-1]).mean()
    return np.array([across, down]) / (flat**2).mean()


def test_noise_like_has_the_covariance_of_the_kernels():
    smooth = np.random.default_rng(0).normal(size=(400, 5, 7))
    smooth = smooth[:, :, :-2] + smooth[:, :, 1:-1] + smooth[:, :, 2:]  # across, not down
    noise = noise_like(smooth, 4000, 1)
    assert neighbour_correlations(noise) == pytest.approx(neighbour_correlations(smooth), abs=0.05)
    centred = [kernels - kernels.mean((1, 2), keepdims=True) for kernels in (noise, smooth)]
    assert centred[0].std() == pytest.approx(centred[1].std(), rel=0.1)


def test_ablation_costs_match_zeroing_a_kernel_by_hand():
    torch.manual_seed(0)
    net = build("convnet", mean=[0.5], std=[0.2], shape=[1, 16, 16], n_classes=3, dropout=0.3).eval()
    samples, before = noise(12, 1, 16, 16), copy.deepcopy(net.state_dict())
    costs = ablation_costs(net, net.conv1, samples)
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())

    inputs, targets, silent = torch.from_numpy(samples.inputs) / 255, torch.arange(12) % 3, copy.deepcopy(net)
    with torch.no_grad():
        silent.conv1.weight[31] = silent.conv1.bias[31] = 0
        losses = [F.cross_entropy(one(inputs), targets, reduction="none") for one in (silent, net)]
    np.testing.assert_allclose(costs[31], (losses[0] - losses[1]).numpy(), atol=1e-5)
    assert np.abs(costs[31]).max() > 1e-4
