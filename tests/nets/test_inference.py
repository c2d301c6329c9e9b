"""Running networks and looking into them: standardised inputs, batches, products by NumPy, outputs of layers."""

import numpy as np
import pytest
import torch

from tests.trainings import noise
from vision.data.dataset import Samples
from vision.nets import inference
from vision.nets.convnet import ConvNet
from vision.nets.inference import (
    Linear,
    capture_activations,
    count_parameters,
    last_features,
    predict,
    to_device,
)
from vision.nets.mlp import MLP
from vision.pipeline.errors import UserError

DATA = {"mean": [0.4], "std": [0.3], "shape": [1, 16, 16], "n_classes": 3}


class Foreign:
    """A network of another library."""

    weight, bias = np.arange(8.0).reshape(4, 2), np.array([1.0, -1])

    def logits(self, inputs):
        return inputs @ self.weight + self.bias

    def parameters(self):
        return [self.weight, self.bias]


def mlp(*hidden):
    return MLP(**DATA, hidden=list(hidden), activation="tanh")


def convnet():
    return ConvNet(**DATA, dropout=0.5)


IMAGES = noise(300, 1, 16, 16)  # more than one batch


@pytest.mark.parametrize("frozen", [False, True])
def test_linear_matches_torch_linear_and_its_gradients(frozen):
    plain, ours = (kind(7, 3).double() for kind in (torch.nn.Linear, Linear))
    ours.load_state_dict(plain.state_dict())
    inputs, sent = torch.rand(5, 7, dtype=torch.double), torch.rand(5, 3, dtype=torch.double)
    found = []
    for layer in (plain, ours):
        leaf = inputs.clone().requires_grad_()
        outputs = layer.requires_grad_(not frozen)(leaf)
        outputs.backward(sent)
        found.append([outputs, leaf.grad, *([] if frozen else [layer.weight.grad, layer.bias.grad])])
    for expected, got in zip(*found, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-14, atol=1e-14)
    assert (ours.weight.grad is None) == frozen


@pytest.mark.parametrize("threads", [1, 3])
def test_large_products_match_torch_whatever_the_number_of_threads(threads, monkeypatch):
    monkeypatch.setattr(inference, "PARALLEL", 10)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    leaves = torch.randn(7, 5, requires_grad=True), torch.randn(4, 5, requires_grad=True)
    plain = [leaf.detach().clone().requires_grad_() for leaf in leaves]
    results = inference.product(*leaves), plain[0] @ plain[1].T
    torch.set_num_threads(before)
    for result in results:
        result.backward(torch.ones_like(result))
    torch.testing.assert_close(*results)
    for leaf, expected in zip(leaves, plain, strict=True):
        torch.testing.assert_close(leaf.grad, expected.grad)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32], ids=["images", "features"])
def test_predict_in_batches_matches_one_pass_in_evaluation_mode(dtype):
    net, samples = convnet().train(), Samples(IMAGES.inputs.astype(dtype), IMAGES.labels, IMAGES.indices)
    found = predict(net, samples)
    with torch.no_grad():
        expected = net.eval()(torch.from_numpy(samples.inputs) / samples.scale)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-3, atol=1e-4)


def test_networks_of_another_library_are_run_counted_and_left_where_they_are():
    other, images = Foreign(), noise(300, 1, 2, 2)
    found = predict(other, images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, images.rows @ other.weight + other.bias, rtol=1e-5)
    assert to_device(other, "cuda") is other
    assert count_parameters(Foreign()) == 8 + 2


def test_captured_activations_of_an_mlp_match_its_definition():
    net, x = mlp(7, 5), (torch.from_numpy(IMAGES.rows) - 0.4) / 0.3
    first = torch.tanh(net.body.linear_1(x))
    second = torch.tanh(net.body.linear_2(first))
    found = capture_activations(net, IMAGES)
    assert list(found) == ["hidden_1", "hidden_2", "logits"]
    for array, expected in zip(found.values(), [first, second, net.body.logits(second)], strict=True):
        assert array.dtype == np.float32
        np.testing.assert_allclose(array, expected.detach(), rtol=1e-4, atol=1e-5)
    assert list(capture_activations(net, IMAGES[:4], "logits", "hidden_1")) == ["hidden_1", "logits"]
    assert last_features(net) == "hidden_2"
    with pytest.raises(UserError, match="MLP has no layer before its last one"):
        last_features(mlp())
    with pytest.raises(UserError, match=r"MLP has no layer 'hidden_3'; allowed: hidden_1, hidden_2, logits"):
        capture_activations(net, IMAGES, "logits", "hidden_3")


def test_in_place_activation_does_not_overwrite_the_captured_layer_before_it():
    """B2.2."""
    layers = torch.nn.Linear(256, 6), torch.nn.ReLU(inplace=True), torch.nn.Linear(6, 3)
    net = torch.nn.Sequential(torch.nn.Flatten(), *layers)
    net.layers = {"before": "1", "after": "2"}
    found, before = capture_activations(net, IMAGES), layers[0](torch.from_numpy(IMAGES.rows)).detach().numpy()
    np.testing.assert_allclose(found["before"], before, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found["after"], before.clip(0), rtol=1e-4, atol=1e-5)


def test_capture_removes_its_hooks_also_after_an_error():
    net = convnet()
    with pytest.raises(RuntimeError):
        capture_activations(net, noise(2, 1, 9, 9))
    assert not any(module._forward_hooks for module in net.modules())
