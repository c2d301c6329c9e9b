"""ResNet-18: torchvision's numbers and gradients, less arithmetic where only padding is met, two heads, grey images."""

from copy import deepcopy
from itertools import product

import pytest
import torch
from torch import nn

from vision.data.fetching import import_torchvision_datasets
from vision.nets import build
from vision.nets.inference import count_parameters
from vision.nets.resnet18 import Convolution
from vision.pipeline.errors import UserError

MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
OF_HEAD = ("pool", "fc")


def resnet18(pixels=28, channels=3, head="linear", n_classes=10, mean=MEAN, std=STD):
    return build("resnet18", mean=mean, std=std, shape=[channels, pixels, pixels], n_classes=n_classes, head=head)


def noise(count, pixels, channels=3, dtype=torch.float32):
    return torch.rand(count, channels, pixels, pixels, generator=torch.Generator().manual_seed(1)).to(dtype)


def trained(net):
    """The network as if after some training: means, variances and scales of its norms are no identity."""
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d):
            nn.init.normal_(module.running_mean, 0, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, 0, 0.1)
    return net


def published(state):
    return {name: value for name, value in state.items() if not name.startswith("standardise.")}


def standardised(images):
    mean, std = (torch.tensor(values).to(images.dtype).view(3, 1, 1) for values in (MEAN, STD))
    return (images - mean) / std


def pair(pixels, dtype=torch.float32):
    """Our network and torchvision's, with the same weights and statistics."""
    import_torchvision_datasets()
    import torchvision

    ours, theirs = trained(resnet18(pixels)), torchvision.models.resnet18(num_classes=10)
    theirs.load_state_dict(published(ours.state_dict()))
    return ours.to(dtype), theirs.to(dtype)


def gradients(net, images):
    nn.functional.cross_entropy(net.train()(images), torch.arange(len(images))).backward()
    return {name: parameter.grad for name, parameter in net.named_parameters()}


def difference(dtype, seed):
    """How far our gradients are from torchvision's: the largest relative difference of a parameter's, by norm."""
    torch.manual_seed(seed)
    ours, theirs = pair(28, dtype)
    images = noise(8, 28, dtype=dtype)
    found, expected = gradients(ours, images), gradients(theirs, standardised(images))
    assert found.keys() == expected.keys()
    return max(float((found[name] - value).norm() / value.norm()) for name, value in expected.items())


@pytest.mark.parametrize("pixels", [28, 32, 33, 64])
def test_evaluation_gives_torchvisions_logits(pixels):
    ours, theirs = pair(pixels)
    images = noise(5, pixels)
    with torch.no_grad():
        expected = theirs.eval()(standardised(images))
        torch.testing.assert_close(ours.eval()(images), expected, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(ours(images[:1]), expected[:1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("pixels", [28, 32, 33, 64])
def test_training_gives_torchvisions_logits_and_statistics(pixels):
    ours, theirs = pair(pixels)
    with torch.no_grad():
        found, expected = ours.train()(noise(8, pixels)), theirs.train()(standardised(noise(8, pixels)))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert published(ours.state_dict()).keys() == theirs.state_dict().keys()
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-4, atol=1e-4)


def test_gradients_are_torchvisions():
    assert difference(torch.float64, seed=0) < 1e-10


def test_gradients_are_torchvisions_in_single_precision():
    """In one of several networks: a unit within rounding of 0 passes its gradient on in one and not in the other."""
    assert any(difference(torch.float32, seed) < 1e-3 for seed in range(6))


def test_names_order_and_shapes_are_torchvisions():
    import_torchvision_datasets()
    import torchvision

    with torch.device("meta"):
        theirs = torchvision.models.resnet18().state_dict()
    ours = resnet18(n_classes=1000).state_dict()
    assert ours.keys() - theirs.keys() == {"standardise.mean", "standardise.std"}
    assert [(name, value.shape) for name, value in published(ours).items()] == [
        (name, value.shape) for name, value in theirs.items()
    ]


def test_there_are_as_many_parameters_as_published():
    assert count_parameters(resnet18(n_classes=1000)) == 11_689_512


@pytest.mark.parametrize("shape", list(product(range(1, 6), repeat=2)), ids=str)
def test_a_convolution_leaves_out_nothing_but_padding(shape):
    images = torch.randn(3, 2, *shape, dtype=torch.double)
    for size, stride, layout in product((1, 3, 7), (1, 2), (torch.contiguous_format, torch.channels_last)):
        plain = nn.Conv2d(2, 4, size, stride, size // 2, bias=False).double()
        ours = Convolution(2, 4, size, stride).double()
        ours.load_state_dict(plain.state_dict())
        ours.to(memory_format=layout)
        results = []
        for layer in (ours, plain):
            leaf = images.clone(memory_format=layout).requires_grad_()
            maps = layer(leaf)
            maps.backward(torch.arange(1.0, 1 + maps.numel(), dtype=torch.double).view(maps.shape))
            results.append([maps.detach(), leaf.grad, layer.weight.grad])
        for found, expected in zip(*results, strict=True):
            assert found.shape == expected.shape
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-11)


def test_the_part_of_a_kernel_that_is_left_out_has_no_gradient():
    layer = Convolution(1, 1, 3, 2)
    layer(torch.ones(2, 1, 2, 2)).sum().backward()
    assert layer.weight.grad.tolist() == [[[[0, 0, 0], [0, 2, 2], [0, 2, 2]]]]


@pytest.mark.parametrize("pixels", [28, 64])
@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (torch.optim.SGD, {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3}),
        (torch.optim.AdamW, {"lr": 1e-3, "betas": (0.9, 0.99), "weight_decay": 0.01}),
    ],
    ids=["SGD", "AdamW"],
)
def test_fused_steps_are_those_of_each_weight_alone(optimizer, options, pixels):
    """The fused ones go through weight and gradient as they lie in memory, which is not the same for all."""
    fused = resnet18(pixels).train()
    plain = deepcopy(fused)
    assert fused.layer4[0].conv1.weight.is_contiguous(memory_format=torch.channels_last)
    steps = [optimizer(net.parameters(), fused=net is fused, foreach=False, **options) for net in (fused, plain)]
    for _ in range(2):
        fused.zero_grad()
        nn.functional.cross_entropy(fused(noise(4, pixels)), torch.arange(4)).backward()
        for of_fused, of_plain in zip(fused.parameters(), plain.parameters(), strict=True):
            of_plain.grad = torch.empty_like(of_plain).copy_(of_fused.grad)
        for step in steps:
            step.step()
        for (name, found), expected in zip(fused.named_parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6, msg=lambda text, name=name: name + text)


@pytest.mark.parametrize("statistics", [([0.13], [0.3]), (MEAN, STD)], ids=["of one", "of three"])
@pytest.mark.parametrize("training", [False, True])
def test_a_grey_image_is_three_equal_channels(training, statistics):
    mean, std = statistics
    grey = trained(resnet18(channels=1, mean=mean, std=std))
    colour = resnet18(mean=mean * (3 // len(mean)), std=std * (3 // len(std)))
    colour.load_state_dict(published(grey.state_dict()), strict=False)
    images = noise(4, 28, channels=1)
    before = images.clone()
    with torch.no_grad():
        found, expected = grey.train(training)(images), colour.train(training)(images.repeat(1, 3, 1, 1))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert torch.equal(images, before)


@pytest.mark.parametrize(("pixels", "equal"), [(28, True), (32, True), (64, False)])
def test_maxima_and_means_are_the_same_of_a_map_of_one_pixel(pixels, equal):
    net = trained(resnet18(pixels, head="concat_pool")).eval()
    images = noise(4, pixels)
    with torch.no_grad():
        maps = net.features(images)
        pooled = net.pool(maps)
    assert pooled.shape == (4, 1024)
    assert torch.equal(pooled[:, :512], maps.amax((2, 3)))
    torch.testing.assert_close(pooled[:, 512:], maps.mean((2, 3)))
    assert torch.equal(pooled[:, :512], pooled[:, 512:]) == equal


def test_the_head_of_fastai_is_computed_as_documented():
    net = trained(resnet18(64, head="concat_pool")).eval()
    weights, images = net.state_dict(), noise(4, 64)

    def normed(x, name):
        mean, var = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        return (x - mean) / (var + 1e-5) ** 0.5 * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    with torch.no_grad():
        x = normed(net.pool(net.features(images)), "fc.0")
        hidden = (x @ weights["fc.2.weight"].T + weights["fc.2.bias"]).relu()
        logits = normed(hidden, "fc.4") @ weights["fc.6.weight"].T + weights["fc.6.bias"]
        torch.testing.assert_close(net(images), logits, rtol=1e-4, atol=1e-4)
    assert (net.fc[1].p, net.fc[5].p) == (0.25, 0.5)


@pytest.mark.parametrize("learn", [True, False])
def test_norms_that_do_not_learn_keep_their_statistics_in_training(learn):
    net = trained(resnet18(head="concat_pool"))
    net.norms_learn = learn
    before = {name: value.clone() for name, value in net.state_dict().items()}
    net.train()(noise(8, 28))
    counted = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    statistics = {name for name in before if name.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    assert counted == {name for name in statistics if learn or name.startswith(OF_HEAD)}
    assert any(name.startswith("fc.4") for name in counted)


def test_norms_that_do_not_learn_still_pass_gradients_to_every_parameter():
    net = trained(resnet18(head="concat_pool"))
    net.norms_learn = False
    nn.functional.cross_entropy(net.train()(noise(8, 28)), torch.arange(8)).backward()
    assert all(parameter.grad.abs().max() > 0 for parameter in net.parameters())
    assert not any(module.training for module in net.eval().modules())


@pytest.mark.parametrize(
    ("head", "own"),
    [("linear", ["pooled", "logits"]), ("concat_pool", ["pooled", "hidden", "hidden_norm", "logits"])],
)
def test_the_last_tap_is_the_logits(head, own):
    net, images = trained(resnet18(head=head)).eval(), noise(4, 28)
    trunk = ["conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4"]
    assert list(net.taps) == trunk + own
    seen = {}
    for name, module in net.taps.items():
        net.get_submodule(module).register_forward_hook(lambda *got, name=name: seen.update({name: got[2]}))
    with torch.no_grad():
        logits = net(images)
    assert list(seen) == list(net.taps)  # each once, and in the order in which they are computed
    assert torch.equal(seen["logits"], logits)
    assert seen["layer4"].shape == (4, 512, 1, 1)
    assert seen["pooled"].shape == (4, 1024 if head == "concat_pool" else 512)
    if head == "concat_pool":
        assert (seen["hidden"].shape, seen["hidden_norm"].shape) == ((4, 512), (4, 512))
    assert type(net).taps.keys() == set(trunk), "a network's own taps are no other's"


@pytest.mark.parametrize("shape", [[50], [28, 28], [2, 28, 28], [4, 28, 28], [1, 1, 28, 28]], ids=str)
def test_other_inputs_than_images_of_one_channel_or_three_are_refused(shape):
    with pytest.raises(UserError) as caught:
        build("resnet18", mean=[0.5], std=[0.3], shape=shape, n_classes=10, head="linear")
    message = f"net resnet18: its inputs have shape {shape}: should be images of one channel or three"
    assert str(caught.value) == message


@pytest.mark.parametrize("head", ["linear", "concat_pool"])
def test_one_image_alone_is_refused_in_training_and_judged_in_evaluation(head):
    net = resnet18(head=head)
    with pytest.raises(UserError) as caught:
        net.train()(noise(1, 28))
    assert str(caught.value) == "net resnet18: a batch of one image cannot be normalised; choose another batch_size"
    assert net.eval()(noise(1, 28)).shape == (1, 10)
