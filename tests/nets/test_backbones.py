"""ResNet-18 and VGG16 with few channels: torchvision's outputs and gradients, heads, grey images, frozen norms."""

from itertools import product

import pytest
import torch
from torch import nn

from vision.data.dataset import Samples
from vision.data.fetching import import_torchvision_datasets
from vision.nets import resnet18, vgg16
from vision.nets.inference import capture_activations, last_features
from vision.nets.resnet18 import Convolution, ResNet18
from vision.nets.vgg16 import VGG16
from vision.pipeline.errors import UserError

MEAN, STD = [0.4, 0.5, 0.6], [0.2, 0.25, 0.3]
STAGES = {"layer1": 64, "layer2": 24, "layer3": 16, "layer4": 20}
BLOCKS = ((2, 4), (2, 6), (3, 8), (3, 128), (3, 130))  # the last layers have enough channels for Winograd's algorithm
NETS = {
    "resnet18": (ResNet18, {"head": "linear"}),
    "resnet18_concat": (ResNet18, {"head": "concat_pool"}),
    "vgg16": (VGG16, {"norms": False, "head": "linear", "dense_units": 0}),
    "vgg16_bn": (VGG16, {"norms": True, "head": "dense", "dense_units": 24}),
}
OF_TORCHVISION = [name for name in NETS if name != "resnet18_concat"]
WITH_NORMS = [name for name in NETS if name != "vgg16"]
VGGS = ["vgg16", "vgg16_bn"]
OF_RESNET = ["conv1", "bn1", "relu", "maxpool", *STAGES]  # layers
HIDDEN = {"resnet18_concat": ["hidden", "hidden_norm"], "vgg16_bn": ["hidden_1", "hidden_2"]}
HEADS = ("pool", "fc", "avgpool", "classifier")


@pytest.fixture(autouse=True)
def narrow(monkeypatch):
    """The published widths are checked in test_nets.py; what is computed does not depend on them."""
    monkeypatch.setattr(resnet18, "STAGES", STAGES)
    monkeypatch.setattr(resnet18, "HEAD_UNITS", 18)
    monkeypatch.setattr(vgg16, "BLOCKS", BLOCKS)


def make(name, pixels=32, channels=3, mean=MEAN, std=STD):
    """A network as if after some training: biases are not 0, and norms are not the identity."""
    kind, hyper = NETS[name]
    net = kind(mean=mean, std=std, shape=[channels, pixels, pixels], n_classes=10, **hyper)
    for key, value in net.state_dict().items():
        if key.endswith(("bias", "running_mean")):
            nn.init.normal_(value, 0, 0.1)
        elif key.endswith("running_var") or (key.endswith("weight") and value.ndim == 1):
            nn.init.uniform_(value, 0.5, 1.5)
    return net


def noise(count, pixels, channels=3, dtype=torch.float32):
    return torch.rand(count, channels, pixels, pixels, generator=torch.Generator().manual_seed(1)).to(dtype)


def without_statistics(state):
    return {name: value for name, value in state.items() if not name.startswith("standardise.")}


def standardised(images):
    mean, std = (torch.tensor(values).to(images.dtype).view(3, 1, 1) for values in (MEAN, STD))
    return (images - mean) / std


def torchvisions(name, side):
    """torchvision's network of these widths."""
    import_torchvision_datasets()
    from torchvision.models import resnet, vgg

    if name == "resnet18":
        net = resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1], num_classes=10)
        net.inplanes = 64
        for stage, channels in STAGES.items():
            setattr(net, stage, net._make_layer(resnet.BasicBlock, channels, 2, stride=1 if stage == "layer1" else 2))
        net.fc = nn.Linear(STAGES["layer4"], 10)
        return net
    layers = [width for count, channels in BLOCKS for width in [channels] * count + ["M"]]
    features = vgg.make_layers(layers, batch_norm=name == "vgg16_bn")
    with torch.device("meta"):  # its own head has 120 million weights
        net = vgg.VGG(features, num_classes=10, init_weights=False)
    width = BLOCKS[-1][1]
    if name == "vgg16":
        net.avgpool, net.classifier = nn.AdaptiveAvgPool2d(1), nn.Linear(width, 10)
    else:
        net.avgpool = nn.AdaptiveAvgPool2d(side)
        for place, (before, after) in {0: (width * side**2, 24), 3: (24, 24), 6: (24, 10)}.items():
            net.classifier[place] = nn.Linear(before, after)
    return net


def pair(name, pixels, dtype=torch.float32):
    """Our network and torchvision's with the same weights and statistics, and no dropout."""
    ours, theirs = make(name, pixels), torchvisions(name, min(7, pixels // 32))
    theirs.load_state_dict(without_statistics(ours.state_dict()))
    for module in (*ours.modules(), *theirs.modules()):
        if isinstance(module, nn.Dropout):
            module.p = 0
    return ours.to(dtype), theirs.to(dtype)


@pytest.mark.parametrize(
    ("name", "pixels"),
    [("resnet18", 28), ("vgg16_bn", 224), *product(OF_TORCHVISION, [33, 64])],
)
def test_evaluation_logits_match_torchvision(name, pixels):
    ours, theirs = pair(name, pixels)
    images = noise(2, pixels)
    with torch.no_grad():
        expected = theirs.eval()(standardised(images))
        torch.testing.assert_close(ours.eval()(images), expected, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(ours(images[:1]), expected[:1], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", OF_TORCHVISION)
def test_training_logits_statistics_and_gradients_match_torchvision(name):
    ours, theirs = pair(name, 32, torch.float64)
    images, labels = noise(4, 32, dtype=torch.float64), torch.arange(4)
    found, expected = ours.train()(images), theirs.train()(standardised(images))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-9)
    assert without_statistics(ours.state_dict()).keys() == theirs.state_dict().keys()
    for key, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.state_dict()[key], value, rtol=1e-9, atol=1e-9)
    for logits in (found, expected):
        nn.functional.cross_entropy(logits, labels).backward()
    for key, expected in theirs.named_parameters():
        found = ours.get_parameter(key)
        torch.testing.assert_close(found.grad, expected.grad, rtol=1e-7, atol=1e-9)
        for value in (found, found.grad):  # fused optimizers go through both as they lie in memory
            assert value.ndim < 4 or value.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2), (2, 2), (3, 1), (3, 4), (5, 5)], ids=str)
def test_convolution_of_small_maps_matches_torch(shape):
    """Weights that meet only padding are left out: the values and the gradients are the same."""
    images = torch.randn(3, 2, *shape, dtype=torch.double)
    for size, stride in product((1, 3, 7), (1, 2)):
        plain = nn.Conv2d(2, 4, size, stride, size // 2, bias=False).double()
        ours = Convolution(2, 4, size, stride).double()
        ours.load_state_dict(plain.state_dict())
        results = []
        for layer in (ours, plain):
            leaf = images.clone().requires_grad_()
            maps = layer(leaf)
            maps.backward(torch.arange(1.0, 1 + maps.numel(), dtype=torch.double).view(maps.shape))
            results.append([maps.detach(), leaf.grad, layer.weight.grad])
        for found, expected in zip(*results, strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-11)


@pytest.mark.parametrize("name", ["vgg16_bn", "resnet18_concat"])
def test_initialisation_is_he_normal(name):
    kind, hyper = NETS[name]
    net = kind(mean=MEAN, std=STD, shape=[3, 32, 32], n_classes=10, **hyper)
    layers = [module for module in net.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    for layer in layers:
        fan = layer.weight[0, 0].numel() * layer.out_channels if layer.weight.ndim == 4 else layer.in_features
        rel = 4 / layer.weight.numel() ** 0.5  # about 5 standard errors
        assert layer.weight.std().item() == pytest.approx((2 / fan) ** 0.5, rel=rel)
        assert layer.bias is None or not layer.bias.any()


@pytest.mark.parametrize("name", VGGS)
def test_vgg16_of_28_pixels_depends_on_the_whole_image(name):
    """torchvision's last pooling would have nothing left; ours rounds up and ignores no border."""
    net, images = make(name, 28).eval(), noise(2, 28).requires_grad_()
    maps = net.features(images)
    assert (maps.shape, net(images).shape) == ((2, 130, 1, 1), (2, 10))
    maps.sum().backward()
    assert images.grad[..., 27, :27].any()
    assert images.grad[..., :27, 27].any()


@pytest.mark.parametrize("statistics", [([0.13], [0.3]), (MEAN, STD)], ids=["of one", "of three"])
@pytest.mark.parametrize("name", ["resnet18", "vgg16"])
def test_grey_image_is_three_equal_channels(name, statistics):
    mean, std = statistics
    grey = make(name, channels=1, mean=mean, std=std).eval()
    colour = make(name, mean=mean * (3 // len(mean)), std=std * (3 // len(std))).eval()
    colour.load_state_dict(without_statistics(grey.state_dict()), strict=False)
    images = noise(4, 32, channels=1)
    torch.testing.assert_close(grey(images), colour(images.repeat(1, 3, 1, 1)), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pixels", [28, 64])
def test_concat_pool_head_matches_fastai(pixels):
    """B2.5: of a map of one pixel, maxima and means are the same numbers."""
    net = make("resnet18_concat", pixels).eval()
    weights, images = net.state_dict(), noise(4, pixels)

    def normed(x, name):
        mean, var = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        return (x - mean) / (var + 1e-5) ** 0.5 * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    maps = net.features(images)
    maxima, means = maps.amax((2, 3)), maps.mean((2, 3))
    assert torch.equal(maxima, means) == (pixels == 28)
    hidden = (normed(torch.cat([maxima, means], 1), "fc.0") @ weights["fc.2.weight"].T + weights["fc.2.bias"]).relu()
    logits = normed(hidden, "fc.4") @ weights["fc.6.weight"].T + weights["fc.6.bias"]
    torch.testing.assert_close(net(images), logits, rtol=1e-4, atol=1e-4)
    assert (net.fc[1].p, net.fc[5].p) == (0.25, 0.5)


@pytest.mark.parametrize("name", NETS)
def test_captured_layers_are_in_order_and_the_last_features_enter_the_last_layer(name):
    net = make(name).eval()
    samples = Samples(noise(3, 32).numpy(), torch.arange(3).numpy(), torch.arange(3).numpy())
    with torch.no_grad():
        logits = net(torch.from_numpy(samples.inputs))
    found = capture_activations(net, samples)
    of_backbone = [f"features_{n}" for n in range({"vgg16": 31, "vgg16_bn": 44}[name])] if name in VGGS else OF_RESNET
    assert list(found) == [*of_backbone, "pooled", *HIDDEN.get(name, []), "logits"]
    torch.testing.assert_close(torch.from_numpy(found["logits"]), logits)
    last = net.get_submodule(net.layers["logits"])
    assert isinstance(last, nn.Linear)
    torch.testing.assert_close(last(torch.from_numpy(found[last_features(net)])), logits)


@pytest.mark.parametrize("learn", [True, False])
@pytest.mark.parametrize("name", WITH_NORMS)
def test_frozen_norms_keep_their_statistics_and_pass_gradients(name, learn):
    """B2.13."""
    net = make(name)
    net.update_batchnorm = learn
    before = {key: value.clone() for key, value in net.state_dict().items()}
    nn.functional.cross_entropy(net.train()(noise(8, 32)), torch.arange(8)).backward()
    changed = {key for key, value in net.state_dict().items() if not torch.equal(value, before[key])}
    statistics = {key for key in before if key.endswith(("running_mean", "running_var", "num_batches_tracked"))}
    assert changed == {key for key in statistics if learn or key.startswith(HEADS)}
    assert all(parameter.grad.any() for parameter in net.parameters())
    assert all(module.training for module in net.modules() if isinstance(module, nn.Dropout))


@pytest.mark.parametrize("name", WITH_NORMS)
def test_a_batch_of_one_image_and_inputs_other_than_images_are_refused(name):
    net = make(name)
    with pytest.raises(UserError, match="a batch of one image cannot be normalised; choose another batch_size"):
        net.train()(noise(1, 32))
    kind, hyper = NETS[name]
    for shape in ([50], [2, 28, 28]):
        with pytest.raises(UserError, match="its inputs have shape"):
            kind(mean=[0.5], std=[0.3], shape=shape, n_classes=10, **hyper)
