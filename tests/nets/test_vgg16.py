"""VGG16: torchvision's numbers, names and gradients, with norms and without, two heads, grey images."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from vision.data.dataset import Samples
from vision.data.fetching import import_torchvision_datasets
from vision.nets import build
from vision.nets.inference import count_parameters
from vision.nets.taps import last_features, tap
from vision.pipeline.errors import UserError

MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
UNITS = 24
HEADS = {"linear": 0, "dense": UNITS}
PUBLISHED = {False: "vgg16", True: "vgg16_bn"}
both = pytest.mark.parametrize("norms", [False, True], ids=["plain", "norms"])
either = pytest.mark.parametrize("head", HEADS)


def vgg16(pixels=32, channels=3, norms=False, head="linear", n_classes=10, units=None, mean=MEAN, std=STD):
    about = {"mean": mean, "std": std, "shape": [channels, pixels, pixels], "n_classes": n_classes}
    return build("vgg16", **about, norms=norms, head=head, dense_units=HEADS[head] if units is None else units)


def noise(count, pixels, channels=3, dtype=torch.float32):
    return torch.rand(count, channels, pixels, pixels, generator=torch.Generator().manual_seed(1)).to(dtype)


def trained(net):
    """The network as if after some training: biases are not 0, and norms are no identity."""
    for name, value in net.state_dict().items():
        if name.endswith(("bias", "running_mean")):
            nn.init.normal_(value, 0, 0.1)
        elif name.endswith("running_var") or value.ndim == 1:
            nn.init.uniform_(value, 0.5, 1.5)
    return net


def published(state):
    return {name: value for name, value in state.items() if not name.startswith("standardise.")}


def standardised(images):
    mean, std = (torch.tensor(values).to(images.dtype).view(3, 1, 1) for values in (MEAN, STD))
    return (images - mean) / std


def torchvisions(norms, head, side, units=UNITS):
    """torchvision's network; one head is of its layers in other widths, the other its last layer alone."""
    import_torchvision_datasets()
    import torchvision

    with torch.device("meta"):
        net = getattr(torchvision.models, PUBLISHED[norms])(num_classes=10)
        if head == "linear":
            net.avgpool, net.classifier = nn.AdaptiveAvgPool2d(1), nn.Linear(512, 10)
        else:
            net.avgpool = nn.AdaptiveAvgPool2d(side)
            places = {0: (512 * side**2, units), 3: (units, units), 6: (units, 10)}
            for place, (before, after) in places.items():
                net.classifier[place] = nn.Linear(before, after)
    return net.to_empty(device="cpu")


def pair(pixels, norms, head="linear", dtype=torch.float32):
    """Our network and torchvision's, with the same weights and statistics, and no dropout."""
    ours = trained(vgg16(pixels, norms=norms, head=head))
    theirs = torchvisions(norms, head, pixels // 32)
    theirs.load_state_dict(published(ours.state_dict()))
    for module in (*ours.modules(), *theirs.modules()):
        if isinstance(module, nn.Dropout):
            module.p = 0
    return ours.to(dtype), theirs.to(dtype)


def gradients(net, images):
    nn.functional.cross_entropy(net.train()(images), torch.arange(len(images))).backward()
    return {name: parameter.grad for name, parameter in net.named_parameters()}


@both
@either
@pytest.mark.parametrize("pixels", [32, 45, 64])
def test_evaluation_gives_torchvisions_logits(pixels, head, norms):
    ours, theirs = pair(pixels, norms, head)
    images = noise(2, pixels)
    with torch.no_grad():
        expected = theirs.eval()(standardised(images))
        torch.testing.assert_close(ours.eval()(images), expected, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(ours(images[:1]), expected[:1], rtol=1e-4, atol=1e-4)


@both
def test_at_224_pixels_it_is_torchvisions_with_its_7_by_7_pixels(norms):
    ours, theirs = pair(224, norms, "dense")
    assert ours.avgpool.output_size == [7, 7]
    images = noise(1, 224)
    with torch.no_grad():
        expected = theirs.eval()(standardised(images))
        torch.testing.assert_close(ours.eval()(images), expected, rtol=1e-4, atol=1e-4)


@both
def test_training_gives_torchvisions_logits_and_statistics(norms):
    ours, theirs = pair(32, norms, "dense")
    with torch.no_grad():
        found, expected = ours.train()(noise(8, 32)), theirs.train()(standardised(noise(8, 32)))
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    assert published(ours.state_dict()).keys() == theirs.state_dict().keys()
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[name], value, rtol=1e-3, atol=1e-3)


@both
@either
def test_gradients_are_torchvisions(head, norms):
    torch.manual_seed(0)
    ours, theirs = pair(32, norms, head, torch.float64)
    images = noise(4, 32, dtype=torch.float64)
    found, expected = gradients(ours, images), gradients(theirs, standardised(images))
    assert found.keys() == expected.keys()
    before_norms = {f"features.{n}.bias" for n, layer in enumerate(ours.features) if norms and layer_is_conv(layer)}
    largest = max(float(value.norm()) for value in expected.values())
    for name, value in expected.items():
        error = float((found[name] - value).norm())
        # A norm takes the bias before it away again: its gradient is nothing but rounding.
        assert error < 1e-9 * (largest if name in before_norms else float(value.norm())), name


def layer_is_conv(layer):
    return isinstance(layer, nn.Conv2d)


@both
@pytest.mark.parametrize("pixels", [32, 224])
def test_names_order_and_shapes_are_torchvisions(pixels, norms):
    """All of them at 224 pixels, and below the head at every size; on the meta device no weights are made."""
    import_torchvision_datasets()
    import torchvision

    with torch.device("meta"):
        theirs = getattr(torchvision.models, PUBLISHED[norms])()
        ours = vgg16(pixels, norms=norms, head="dense", n_classes=1000, units=4096)
    found = [(name, value.shape) for name, value in published(ours.state_dict()).items()]
    expected = [(name, value.shape) for name, value in theirs.state_dict().items()]
    assert ours.state_dict().keys() - theirs.state_dict().keys() == {"standardise.mean", "standardise.std"}
    assert [name for name, _ in found] == [name for name, _ in expected]
    differing = {name for (name, shape), (_, theirs) in zip(found, expected, strict=True) if shape != theirs}
    assert differing == (set() if pixels == 224 else {"classifier.0.weight"})
    if pixels == 224:
        assert count_parameters(ours) == {False: 138_357_544, True: 138_365_992}[norms]
    kinds = [type(layer) for layer in theirs.features]
    assert len(ours.features) == len(kinds)
    assert all(isinstance(layer, kind) for layer, kind in zip(ours.features, kinds, strict=True))


def test_fresh_weights_are_hes():
    torch.manual_seed(0)
    net = vgg16(head="dense", units=512)
    for layer in (net.features[7], net.features[28], net.classifier[0], net.classifier[3]):
        fan = 9 * layer.out_channels if layer_is_conv(layer) else layer.in_features
        assert layer.weight.std().item() == pytest.approx((2 / fan) ** 0.5, rel=0.01)
        assert not layer.bias.any()


@both
@either
@pytest.mark.parametrize(("pixels", "side"), [(28, 1), (32, 1), (33, 1), (64, 2), (65, 2)])
def test_images_of_28_pixels_and_more_have_features(pixels, side, head, norms):
    """At 28 torchvision's last pooling would find less than it takes; there poolings round up, and lose no border."""
    net = vgg16(pixels, 1, norms, head, mean=[0.13], std=[0.3]).eval()
    images = noise(2, pixels, 1).requires_grad_()
    maps = net.features(images)
    assert maps.shape == (2, 512, side, side)
    assert net(images).shape == (2, 10)
    maps.sum().backward()
    seen = pixels if pixels == 28 else 32 * side  # of the image, less what a pooling that rounds down leaves
    assert images.grad[..., seen - 1, : seen - 1].any()
    assert images.grad[..., : seen - 1, seen - 1].any()


@both
@pytest.mark.parametrize("statistics", [([0.13], [0.3]), (MEAN, STD)], ids=["of one", "of three"])
@pytest.mark.parametrize("training", [False, True])
def test_a_grey_image_is_three_equal_channels(training, statistics, norms):
    mean, std = statistics
    grey = trained(vgg16(28, 1, norms, mean=mean, std=std))
    colour = vgg16(28, norms=norms, mean=mean * (3 // len(mean)), std=std * (3 // len(std)))
    colour.load_state_dict(published(grey.state_dict()), strict=False)
    images = noise(4, 28, 1)
    before = images.clone()
    with torch.no_grad():
        found, expected = grey.train(training)(images), colour.train(training)(images.repeat(1, 3, 1, 1))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(images, before)


@both
@either
def test_every_layer_has_a_tap_and_the_last_is_the_logits(head, norms):
    net, images = trained(vgg16(norms=norms, head=head)).eval(), noise(3, 32)
    samples = Samples(images.numpy(), torch.arange(3).numpy(), torch.arange(3).numpy())
    with torch.no_grad():
        logits = net(images / samples.scale)
        plain, x = [], standardised(images / samples.scale)
        for layer in net.features:
            plain.append(x := layer(x))
    own = ["pooled", "logits"] if head == "linear" else ["pooled", "hidden_1", "hidden_2", "logits"]
    found = tap(net, samples)
    assert list(found) == [f"features_{number}" for number in range(44 if norms else 31)] + own
    for number, expected in enumerate(plain):  # as it was given, before the next layer
        torch.testing.assert_close(torch.from_numpy(found[f"features_{number}"]), expected, rtol=1e-4, atol=1e-4)
    assert torch.equal(torch.from_numpy(found["logits"]), logits)
    assert found["pooled"].shape == (3, 512)
    entering = torch.from_numpy(found[last_features(net)])
    last = net.classifier if head == "linear" else net.classifier[6]
    torch.testing.assert_close(last(entering), logits)


@both
def test_the_trunk_is_all_below_the_head_in_five_blocks(norms):
    net = vgg16(norms=norms)
    assert [layer for block in net.trunk for layer in block] == list(net.features)
    counts = [sum(map(layer_is_conv, block)) for block in net.trunk]
    assert counts == [2, 2, 3, 3, 3]
    assert all(isinstance(block[-1], nn.MaxPool2d) for block in net.trunk)


@pytest.mark.parametrize("learn", [True, False])
def test_norms_that_do_not_learn_keep_their_statistics_in_training(learn):
    net = trained(vgg16(norms=True, head="dense"))
    net.norms_learn = learn
    before = {name: value.clone() for name, value in net.state_dict().items()}
    net.train()(noise(4, 32))
    counted = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    statistics = {name for name in before if name.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    assert len(statistics) == 3 * 13
    assert counted == (statistics if learn else set())
    assert net.classifier[2].training  # dropout works on
    assert not any(module.training for module in net.eval().modules())


@both
def test_a_copy_is_a_network_of_its_own(norms):
    net = vgg16(norms=norms).eval()
    images, copy = noise(2, 32), deepcopy(net)
    with torch.no_grad():
        before = net(images)
        copy.standardise.mean.zero_()
        assert not torch.equal(copy(images), before)
        assert torch.equal(net(images), before)
        assert net.double()(images.double()).dtype == torch.float64


@pytest.mark.parametrize(
    ("optimizer", "options"),
    [
        (torch.optim.SGD, {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 1e-3}),
        (torch.optim.AdamW, {"lr": 1e-3, "betas": (0.9, 0.99), "weight_decay": 0.01}),
    ],
    ids=["SGD", "AdamW"],
)
def test_fused_steps_are_those_of_each_weight_alone(optimizer, options):
    """The fused ones go through weight and gradient as they lie in memory, which is not the same for all."""
    fused = vgg16(28, norms=True).train()
    plain = deepcopy(fused)
    assert fused.features[40].weight.is_contiguous(memory_format=torch.channels_last)
    steps = [optimizer(net.parameters(), fused=net is fused, foreach=False, **options) for net in (fused, plain)]
    fused.zero_grad()
    nn.functional.cross_entropy(fused(noise(4, 28)), torch.arange(4)).backward()
    for of_fused, of_plain in zip(fused.parameters(), plain.parameters(), strict=True):
        of_plain.grad = torch.empty_like(of_plain).copy_(of_fused.grad)
    for step in steps:
        step.step()
    for (name, found), expected in zip(fused.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6, msg=lambda text, name=name: name + text)


@pytest.mark.parametrize("shape", [[50], [28, 28], [2, 28, 28], [4, 28, 28], [1, 1, 28, 28]], ids=str)
def test_other_inputs_than_images_of_one_channel_or_three_are_refused(shape):
    hyper = {"norms": False, "head": "linear", "dense_units": 0}
    with pytest.raises(UserError) as caught:
        build("vgg16", mean=[0.5], std=[0.3], shape=shape, n_classes=10, **hyper)
    message = f"net vgg16: its inputs have shape {shape}: should be images of one channel or three"
    assert str(caught.value) == message


@both
def test_one_image_alone_is_refused_in_training_by_norms_and_judged_in_evaluation(norms):
    net = vgg16(norms=norms).train()
    if norms:
        with pytest.raises(UserError) as caught:
            net(noise(1, 32))
        assert str(caught.value) == "net vgg16: a batch of one image cannot be normalised; choose another batch_size"
    else:
        assert net(noise(1, 32)).shape == (1, 10)
    assert net.eval()(noise(1, 32)).shape == (1, 10)


@both
def test_a_trunk_of_larger_images_gives_of_small_ones_what_one_for_these_does(norms):
    large, small = (trained(vgg16(pixels, norms=norms)).eval() for pixels in (32, 28))
    small.load_state_dict(large.state_dict())
    before = large(noise(3, 32))
    assert torch.equal(large(noise(3, 28)), small(noise(3, 28)))
    assert torch.equal(large(noise(3, 32)), before)
