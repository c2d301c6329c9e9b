"""Running networks: inputs standardised, batch after batch, in evaluation mode, on images and on features."""

import numpy as np
import pytest
import torch

from vision.data.dataset import Samples
from vision.nets import build
from vision.nets.inference import Linear, Standardise, count_parameters, in_batches, place, predict


class Foreign:
    """A network of another library."""

    weight, bias = np.arange(8.0).reshape(4, 2), np.array([1.0, -1])

    def logits(self, inputs):
        return inputs @ self.weight + self.bias

    def parameters(self):
        return [self.weight, self.bias]


def noise(*shape):
    labels = np.arange(shape[0]) % 2
    return Samples(np.random.default_rng(0).integers(0, 256, shape, np.uint8), labels, np.arange(shape[0]))


def features(*shape):
    labels = np.arange(shape[0]) % 2
    return Samples(np.random.default_rng(0).normal(size=shape).astype(np.float32), labels, np.arange(shape[0]))


def test_numpys_products_have_the_values_and_gradients_of_torchs():
    plain, ours = (kind(7, 3).double() for kind in (torch.nn.Linear, Linear))
    ours.load_state_dict(plain.state_dict())
    inputs, sent = torch.rand(5, 7, dtype=torch.double), torch.rand(5, 3, dtype=torch.double)
    found = []
    for layer in (plain, ours):
        leaf = inputs.clone().requires_grad_()
        outputs = layer(leaf)
        outputs.backward(sent)
        found.append([outputs, leaf.grad, layer.weight.grad, layer.bias.grad])
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-14, atol=1e-14)
    assert torch.autograd.gradcheck(ours, inputs.requires_grad_())


def test_a_frozen_layer_has_no_gradient_of_its_own():
    layer, leaf = Linear(4, 2).requires_grad_(False), torch.rand(3, 4, requires_grad=True)
    layer(leaf).sum().backward()
    torch.testing.assert_close(leaf.grad, layer.weight.sum(0).expand(3, 4))
    assert layer.weight.grad is None


def test_a_layer_under_autocast_computes_in_bfloat16():
    with torch.autocast("cpu", torch.bfloat16):
        assert Linear(4, 2)(torch.rand(3, 4)).dtype == torch.bfloat16


def test_images_are_standardised_by_channel():
    images, mean, std = torch.rand(5, 2, 3, 4), [0.1, 0.2], [0.5, 0.25]
    before = images.clone()
    found = Standardise(mean, std, [2, 3, 4])(images)
    for channel in range(2):
        torch.testing.assert_close(found[:, channel], (images[:, channel] - mean[channel]) / std[channel])
    assert torch.equal(images, before)


def test_features_are_standardised_one_by_one():
    rows, mean, std = torch.randn(5, 3), [0.1, 0.2, 7], [0.5, 0.25, 100]
    before = rows.clone()
    found = Standardise(mean, std, [3])(rows)
    assert found.shape == (5, 3)
    for number in range(3):
        torch.testing.assert_close(found[:, number], (rows[:, number] - mean[number]) / std[number])
    assert torch.equal(rows, before)


def test_the_statistics_are_saved_with_the_weights_and_not_learned():
    module = Standardise([0.1], [0.5], [1, 2, 2])
    assert module.state_dict().keys() == {"mean", "std"}
    assert not list(module.parameters())


def test_predictions_are_those_of_all_images_at_once_in_evaluation_mode():
    net = build("convnet", mean=[0.5], std=[0.3], shape=[1, 16, 16], n_classes=2, dropout=0.5).train()
    samples = noise(600, 1, 16, 16)
    found = predict(net, samples)
    with torch.no_grad():
        expected = net.eval()(torch.from_numpy(samples.inputs) / 255)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


def test_features_are_predicted_as_they_are():
    net = build("mlp", mean=[0.0] * 3, std=[1.0] * 3, shape=[3], n_classes=2, hidden=[4], activation="tanh")
    samples = features(600, 3)
    with torch.no_grad():
        expected = net(torch.from_numpy(samples.inputs))
    np.testing.assert_allclose(predict(net, samples), expected.numpy(), atol=1e-6)


@pytest.mark.parametrize("samples", [noise(300, 1, 2, 2), features(300, 4)], ids=["images", "features"])
def test_a_network_of_another_library_is_asked_for_the_logits_of_the_rows(samples):
    found = predict(Foreign(), samples)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, samples.rows @ Foreign.weight + Foreign.bias, rtol=1e-5)


@pytest.mark.parametrize("samples", [noise(777, 2, 3, 3), features(777, 5)], ids=["images", "features"])
def test_batches_keep_the_order_of_samples(samples):
    found = in_batches(lambda batch: batch * samples.scale, samples, torch.device("cpu"))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, samples.inputs, atol=1e-4)


def test_every_number_that_is_learned_is_counted():
    net = build("mlp", mean=[0.5], std=[0.3], shape=[1, 2, 2], n_classes=3, hidden=[5], activation="relu")
    assert count_parameters(net) == 4 * 5 + 5 + 5 * 3 + 3  # and not the mean and the standard deviation
    assert count_parameters(Foreign()) == 8 + 2


def test_torch_networks_alone_are_moved():
    other, net = Foreign(), torch.nn.Linear(2, 2)
    assert place(other, "cuda") is other
    assert next(place(net, "meta").parameters()).device.type == "meta"
