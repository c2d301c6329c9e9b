"""The dense layers on a frozen trunk's features: torchvision's arithmetic, fresh weights, and features alone."""

import pytest
import torch
from torch import nn

from vision.data.fetching import import_torchvision_datasets
from vision.nets import build
from vision.nets.inference import count_parameters
from vision.pipeline.errors import UserError

FEATURES, UNITS = 40, 7
HYPER = {"mean": [0.0] * FEATURES, "std": [1.0] * FEATURES, "shape": [FEATURES], "n_classes": 5, "dense_units": UNITS}


def head(**changes):
    torch.manual_seed(0)
    return build("dense_head", **{**HYPER, **changes})


def test_its_layers_are_torchvision_s_of_other_widths():
    import_torchvision_datasets()
    from torchvision.models import vgg16

    theirs = vgg16(weights=None, init_weights=False).classifier
    assert [type(layer) for layer in theirs] == [nn.Linear, nn.ReLU, nn.Dropout] * 2 + [nn.Linear]
    widths = {"0": (FEATURES, UNITS), "3": (UNITS, UNITS), "6": (UNITS, 5)}
    for name, (inputs, outputs) in widths.items():
        setattr(theirs, name, nn.Linear(inputs, outputs))
    ours, features = head().eval(), torch.randn(9, FEATURES)
    theirs.load_state_dict(ours.classifier.state_dict())
    torch.testing.assert_close(ours(features), theirs.eval()(features))


def test_features_are_standardised_each_by_its_own_statistics():
    mean, std = torch.linspace(-3, 3, FEATURES), torch.linspace(0.5, 2, FEATURES)
    ours, features = head(mean=mean.tolist(), std=std.tolist()).eval(), torch.randn(9, FEATURES)
    torch.testing.assert_close(ours(features), ours.classifier((features - mean) / std))


def test_it_has_the_parameters_counted_by_hand():
    assert count_parameters(head()) == FEATURES * UNITS + UNITS + UNITS * UNITS + UNITS + UNITS * 5 + 5


def test_fresh_weights_keep_the_variance_of_what_passes_and_biases_are_zero():
    net = head(dense_units=2000, shape=[1000], mean=[0.0] * 1000, std=[1.0] * 1000)
    for name, parameter in net.named_parameters():
        if name.endswith("bias"):
            assert not parameter.any()
        else:
            assert parameter.std().item() == pytest.approx((2 / parameter.shape[1]) ** 0.5, rel=0.05)


def test_dropout_is_for_training_alone():
    net, features = head(dense_units=200), torch.randn(9, FEATURES)
    assert not torch.equal(net.train()(features), net(features))
    assert torch.equal(net.eval()(features), net(features))


def test_images_are_refused():
    with pytest.raises(UserError) as caught:
        head(shape=[1, 28, 28])
    assert str(caught.value) == "net dense_head: its inputs have shape [1, 28, 28]: should be features"
