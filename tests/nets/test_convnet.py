"""The ConvNet: its shape by hand, its forward in plain words, the images that it takes."""

import pytest
import torch
import torch.nn.functional as F

from vision.nets import build
from vision.nets.inference import count_parameters
from vision.pipeline.errors import UserError

HYPER = {"mean": [0.13], "std": [0.3], "shape": [1, 28, 28], "n_classes": 10, "dropout": 0.5}


@pytest.fixture
def net():
    """A ConvNet whose norm is no identity: its statistics and scales are those of some training, some negative."""
    torch.manual_seed(0)
    net = build("convnet", **HYPER)
    net(torch.rand(16, 1, 28, 28))
    torch.nn.init.normal_(net.norm.weight)
    torch.nn.init.normal_(net.norm.bias)
    return net.eval()


@pytest.fixture
def images():
    return torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def test_convnet_has_the_parameters_counted_by_hand(net):
    conv1, conv2, norm = 32 * (1 * 5 * 5 + 1), 64 * 32 * 5 * 5, 2 * 64
    hidden, head = 128 * (64 * 4 * 4 + 1), 10 * (128 + 1)
    assert count_parameters(net) == conv1 + conv2 + norm + hidden + head


@pytest.mark.parametrize(("channels", "pixels", "n_classes"), [(1, 28, 10), (3, 32, 10), (1, 16, 2)])
def test_convnet_fits_other_images(channels, pixels, n_classes):
    data = {"mean": [0.5] * channels, "std": [0.2] * channels, "shape": [channels, pixels, pixels]}
    other = build("convnet", **data, n_classes=n_classes, dropout=0)
    assert other(torch.rand(2, channels, pixels, pixels)).shape == (2, n_classes)


@pytest.mark.parametrize("shape", [[50], [1, 15, 15], [1, 28, 20], [28, 28]], ids=str)
def test_convnet_refuses_features_and_images_that_are_too_small_or_not_square(shape):
    with pytest.raises(UserError) as caught:
        build("convnet", **{**HYPER, "shape": shape})
    message = f"net convnet: its inputs have shape {shape}: should be square images of 16 pixels or more"
    assert str(caught.value) == message


def test_convnet_computes_what_the_document_says(net, images):
    """Convolution, ReLU, pooling; convolution, norm, ReLU, pooling; 128 units, ReLU, the head."""
    weights = net.state_dict()
    x = (images - 0.13) / 0.3
    x = F.max_pool2d(F.relu(F.conv2d(x, weights["conv1.weight"], weights["conv1.bias"])), 2)
    x = F.conv2d(x, weights["conv2.weight"])
    mean, var, scale, bias = (weights[f"norm.{key}"] for key in ("running_mean", "running_var", "weight", "bias"))
    x = F.max_pool2d(F.relu(F.batch_norm(x, mean, var, scale, bias, eps=1e-5)), 2)
    features = F.relu(F.linear(x.flatten(1), weights["hidden.weight"], weights["hidden.bias"]))
    logits = F.linear(features, weights["head.weight"], weights["head.bias"])
    torch.testing.assert_close(net(images), logits)


def test_dropout_acts_in_training_alone(net, images):
    assert torch.equal(net(images), net(images))
    net.train()  # where the norm takes the statistics of the batch, the same in both passes
    assert not torch.equal(net(images), net(images))
