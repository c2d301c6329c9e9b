"""Document 002's errors with its networks (B2.1 to B2.13)."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.document_errors.conftest import values
from vision.data.dataset import Samples
from vision.document_errors import document_002 as errors
from vision.document_errors import layers
from vision.nets import build
from vision.pipeline.tables import write_table
from vision.scores.estimate import Estimate
from vision.scores.intervals import wilson_interval
from vision.scores.separation import silhouettes


@pytest.fixture
def net():
    torch.manual_seed(0)
    hyper = {"mean": [0.2], "std": [0.3], "shape": [1, 8, 8], "n_classes": 3, "head": "concat_pool"}
    return build("resnet18", **hyper).eval()


@pytest.fixture
def images(generator):
    return Samples(generator.integers(0, 256, (30, 1, 8, 8), np.uint8), np.arange(30) % 3, np.arange(30))


def test_shuffled_labels_are_at_chance(generator):
    labels = np.repeat(np.arange(4), 50)
    row = layers.shuffle_labels(20 * np.eye(4)[labels] + generator.normal(size=(200, 4)), labels, 5, seed=0)
    assert row.right.value == 1
    assert row.wrong.value == pytest.approx(1 / 4, abs=0.12)


def test_in_place_relu_leaves_no_negative_activation_and_the_network_as_it_was(net, images):
    net.bn1.bias.data.fill_(-100)  # all outputs are negative, but for the first channel
    net.bn1.bias.data[0] = 100
    assert values(layers.overwrite_in_place(net, images)) == pytest.approx([0, 63 / 64, -63 / 64])
    assert not net.relu.inplace
    assert not net.bn1._forward_hooks


def test_norms_are_compared_with_the_linear_layers_whose_names_they_have(net, images):
    net.layers = layers.NORM | net.layers
    outputs = layers.outputs(net, images, "pooled", "norm", "hidden", "hidden_norm", "logits")
    rows = layers.name_norms_as_linear(outputs, images.labels)
    assert [row.at for row in rows] == ["first linear layer", "second linear layer"]
    expected = [torch.from_numpy(outputs["pooled"])]
    for module in net.fc:
        expected.append(module(expected[-1]).detach())
    for row, pair in zip(rows, ((0, 2), (4, 6)), strict=True):
        assert all(isinstance(net.fc[at], kind) for at, kind in zip(pair, (nn.BatchNorm1d, nn.Linear), strict=True))
        ways = [silhouettes(expected[at + 1].numpy(), images.labels).mean() for at in pair]
        assert values(row)[:2] == pytest.approx(ways, abs=1e-6)


def test_features_of_another_kind_are_compared_for_the_same_images():
    labels = np.repeat([0, 1], 10)
    right = 10.0 * labels[:, None] + np.arange(20)[:, None] / 100
    wrong = np.tile(np.arange(10.0), 2)[:, None]  # the nearest has the same number and the other class
    row = layers.compare_features("B2.9", wrong, right, labels, 1)
    assert (row.bug, *values(row)) == ("B2.9", 0, 1, -1)


def test_count_copies_counts_equal_columns_once(generator):
    maxima = generator.random((30, 8))
    row = layers.count_copies(np.concatenate([maxima, maxima], axis=1))
    assert values(row) == [16, 8, 8]
    assert layers.count_copies(np.concatenate([maxima, maxima / 2], axis=1)).right.value == 16


def test_layers_are_measured_with_and_without_normalisation_which_is_put_back(net, images):
    standardise = net.standardise
    rows = layers.measure_layers(net, net, net, images, images, 3, seed=0)
    assert [row.bug for row in rows] == ["B2.1", "B2.2", "B2.4", "B2.4", "B2.5", "B2.9", "B2.11"]
    assert net.standardise is standardise
    assert rows[-1].change.value == 0  # of the same network


def test_softmax_hides_classes_with_smaller_logits(generator):
    """Two classes differ in one logit; where another is much larger, their probabilities are 0 in both."""
    logits, labels = np.zeros((80, 3)), np.repeat([0, 1], 40)
    logits[:, 0], logits[:, 1] = 800, 8 * labels + generator.normal(size=80)
    accuracy, silhouette = errors.draw_probabilities(logits, labels, 5, draw=lambda features: features[:, :2])
    assert accuracy.right.value > 0.95 > 0.8 > accuracy.wrong.value
    assert silhouette.right.value > 0.5
    assert silhouette.change.value == pytest.approx(silhouette.wrong.value - silhouette.right.value)


def test_caption_is_compared_with_the_features_that_were_made(tmp_path):
    write_table(tmp_path / "scores.csv", [{"name": "features", "value": 3969, "low": None, "high": None, "n": None}])
    row = errors.count_by_caption("handwriting_scattering", tmp_path / "scores.csv")
    assert (row.at, *values(row)) == ("handwriting scattering", 3096, 3969, -873)


def test_other_images_are_compared_as_independent_and_the_same_as_paired():
    network, baseline = np.arange(1000) < 980, np.arange(1000) < 800
    row = errors.evaluate_on_other_images(network, baseline, Estimate(0.7, *wilson_interval(350, 500), 500))
    assert values(row) == pytest.approx([0.28, 0.18, 0.10])
    assert row.wrong.high - row.wrong.low > row.right.high - row.right.low


def test_accuracies_at_the_end_of_the_frozen_phase_are_compared_where_both_reached_it():
    row = errors.train_frozen_norms(0.957, 0.929, 1000)
    assert values(row) == pytest.approx([0.957, 0.929, 0.028])
    assert row.wrong[1:3] == pytest.approx(wilson_interval(957, 1000))
    assert errors.train_frozen_norms(None, 0.929, 1000).left_out


def test_unnormalised_images_are_classified_by_the_same_network(net, images):
    net.fc[6].weight.data.zero_()
    net.fc[6].bias.data = torch.tensor([0.0, 1.0, 0.0])  # class 1, whatever the image
    row = errors.leave_unnormalised(net, images, np.arange(30) < 24)
    assert values(row) == pytest.approx([1 / 3, 0.8, 1 / 3 - 0.8])
