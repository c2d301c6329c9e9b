"""The multilayer perceptrons: their numbers by hand, their forward in plain words, their wrong hyper-parameters."""

import math

import pytest
import torch
import torch.nn.functional as F

from vision.nets import build, load_net, save_net
from vision.pipeline.errors import UserError

DATA = {"mean": [0.13], "std": [0.3], "image_pixels": 28, "n_classes": 10}
HYPER = {**DATA, "hidden": [250, 100], "activation": "relu"}


def mlp(**changes):
    """An MLP whose weights and biases are those of some training: none is 0."""
    torch.manual_seed(0)
    net = build("mlp", **{**HYPER, **changes})
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    return net


def mistake(name, **hyper):
    with pytest.raises(UserError) as caught:
        build(name, **hyper)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def images():
    return torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(1))


# Rows P7, L3 and L14 give the first three.
@pytest.mark.parametrize(
    ("hidden", "numbers"), [([250, 100], 222_360), ([], 7_850), ([200], 159_010), ([3], 784 * 3 + 3 + 3 * 10 + 10)]
)
def test_an_mlp_has_the_parameters_counted_by_hand(hidden, numbers):
    assert sum(p.numel() for p in mlp(hidden=hidden).parameters()) == numbers


def test_an_mlp_fits_other_images():
    net = mlp(mean=[0.5] * 3, std=[0.2] * 3, image_pixels=8, n_classes=2, hidden=[5])
    assert net(torch.rand(4, 3, 8, 8)).shape == (4, 2)


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_an_mlp_computes_linear_layers_on_standardised_pixels_and_an_activation_between_them(images, activation):
    net = mlp(activation=activation)
    weights, function = net.state_dict(), {"tanh": torch.tanh, "relu": F.relu}[activation]
    first, second, last = ((weights[f"layers.{n}.weight"], weights[f"layers.{n}.bias"]) for n in range(3))
    pixels = (images.flatten(1) - 0.13) / 0.3
    outputs = [function(F.linear(pixels, *first))]
    outputs.append(function(F.linear(outputs[0], *second)))
    logits = F.linear(outputs[1], *last)
    torch.testing.assert_close(net.standardise(images), pixels)
    torch.testing.assert_close(net.hidden_outputs(pixels), outputs)
    torch.testing.assert_close(net.features(images), outputs[1])
    torch.testing.assert_close(net.classify(pixels), logits)
    torch.testing.assert_close(net(images), logits)


def test_each_channel_is_standardised_by_its_own_statistics():
    net = mlp(mean=[0.1, 0.2], std=[0.5, 0.25], image_pixels=2, hidden=[])
    images = torch.rand(3, 2, 2, 2)
    expected = torch.cat([(images[:, 0].flatten(1) - 0.1) / 0.5, (images[:, 1].flatten(1) - 0.2) / 0.25], dim=1)
    torch.testing.assert_close(net.standardise(images), expected)


@pytest.mark.parametrize("hidden", [[], [7], [7, 5]])
def test_the_last_layer_reads_the_features(images, hidden):
    net = mlp(hidden=hidden)
    features = net.features(images)
    assert features.shape == (6, [784, *hidden][-1])
    assert [len(output.T) for output in net.hidden_outputs(net.standardise(images))] == hidden
    assert torch.equal(net.layers[-1](features), net(images))


def test_without_a_hidden_layer_logits_are_linear_in_the_pixels(images):
    net = mlp(hidden=[]).double()
    first, second = images[:3].double(), images[3:].double()
    # Of an affine function, the value at a mixture is the mixture of the values; a hidden layer breaks that.
    torch.testing.assert_close(net(0.3 * first + 0.7 * second), 0.3 * net(first) + 0.7 * net(second))
    bent = mlp(hidden=[20]).double()
    mixture = 0.3 * bent(first) + 0.7 * bent(second)
    assert not torch.allclose(bent(0.3 * first + 0.7 * second), mixture, atol=1e-4)


def test_fresh_weights_fill_the_xavier_range_and_biases_are_0():
    torch.manual_seed(0)
    net = build("mlp", **HYPER)
    for layer in net.layers:
        bound = math.sqrt(6 / sum(layer.weight.shape))
        assert 0.98 * bound < layer.weight.abs().max() <= bound
        assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.05)  # that of a uniform
        assert not layer.bias.any()


def test_softmax_regression_starts_where_all_classes_are_alike(images):
    net = build("mlp", **{**HYPER, "hidden": []})
    assert not any(parameter.any() for parameter in net.parameters())
    assert not net(images).any()


def test_fresh_weights_are_those_of_torchs_seed():
    def weights(seed):
        torch.manual_seed(seed)
        return build("mlp", **HYPER).layers[0].weight

    assert torch.equal(weights(0), weights(0))
    assert not torch.equal(weights(0), weights(1))


@pytest.mark.parametrize(
    ("changes", "key", "value"),
    [
        ({"width": 3}, "width", 3),
        ({"hidden": [0]}, "hidden.0", 0),
        ({"hidden": [5, 1.5]}, "hidden.1", 1.5),
        ({"hidden": [True]}, "hidden.0", True),
        ({"hidden": "abc"}, "hidden", "abc"),
        ({"hidden": None}, "hidden", None),
        ({"activation": "gelu"}, "activation", "gelu"),
        ({"activation": "line\nbreak"}, "activation", "line\nbreak"),
    ],
    ids=str,
)
def test_a_wrong_hyper_parameter_is_one_line_with_the_key_and_the_value(changes, key, value):
    assert mistake("mlp", **{**HYPER, **changes}).startswith(f"net mlp: {key} is {value!r}: ")


@pytest.mark.parametrize("key", ["hidden", "activation"])
def test_a_missing_hyper_parameter_is_named(key):
    message = mistake("mlp", **{name: value for name, value in HYPER.items() if name != key})
    assert message.startswith(f"net mlp: {key} is missing")
    assert "object" not in message


def test_a_saved_mlp_computes_the_same(images, tmp_path):
    net = mlp(activation="tanh")
    save_net(tmp_path / "mlp.pt", "mlp", {**HYPER, "activation": "tanh"}, net.state_dict(), {})
    assert torch.equal(load_net(tmp_path / "mlp.pt")[0](images), net(images))
