"""The networks: their shape by hand, their forward in plain words, their files."""

import pickle

import pytest
import torch
import torch.nn.functional as F

from vision.nets import build, load_checkpoint, load_net, save_checkpoint, save_net
from vision.pipeline.errors import UserError

HYPER = {"mean": [0.13], "std": [0.3], "image_pixels": 28, "n_classes": 10, "dropout": 0.5}


class Touch:
    """Creates a file when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


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
    assert sum(p.numel() for p in net.parameters()) == conv1 + conv2 + norm + hidden + head


@pytest.mark.parametrize(("channels", "pixels", "n_classes"), [(1, 28, 10), (3, 32, 10), (1, 16, 2)])
def test_convnet_fits_other_images(channels, pixels, n_classes):
    other = build(
        "convnet", mean=[0.5] * channels, std=[0.2] * channels, image_pixels=pixels, n_classes=n_classes, dropout=0
    )
    assert other(torch.rand(2, channels, pixels, pixels)).shape == (2, n_classes)


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
    torch.testing.assert_close(net.features(images), features)
    torch.testing.assert_close(net(images), logits)


def test_features_are_128_numbers_from_0_that_the_head_reads(net, images):
    features = net.features(images)
    assert features.shape == (6, 128)
    assert features.min() == 0 < features.max()
    assert torch.equal(net.head(features), net(images))


def test_dropout_acts_in_training_alone(net, images):
    assert torch.equal(net.features(images), net.features(images))
    net.train()
    assert not torch.equal(net.features(images), net.features(images))


def test_an_unknown_name_is_told_the_allowed_ones():
    with pytest.raises(UserError, match=r"^unknown net 'resnet'; allowed: convnet, mlp$"):
        build("resnet", **HYPER)


@pytest.mark.parametrize(
    ("key", "value"), [("dropout", 1), ("dropout", -0.1), ("dropout", "half"), ("image_pixels", 8), ("kernels", 3)]
)
def test_a_wrong_hyper_parameter_is_one_line_with_the_key_and_the_value(key, value):
    with pytest.raises(UserError, match=rf"^net convnet: {key} is {value!r}: [^\n]+$"):
        build("convnet", **{**HYPER, key: value})


def test_a_saved_net_computes_the_same_and_gives_the_same_bytes(net, images, tmp_path):
    history = {"best_epoch": 3, "diverged": False, "curves": [{"epoch": 1, "valid_loss": 0.5}]}
    for name in ("first.pt", "second.pt"):
        save_net(tmp_path / name, "convnet", HYPER, net.state_dict(), history)
    assert (tmp_path / "first.pt").read_bytes() == (tmp_path / "second.pt").read_bytes()
    loaded, loaded_history = load_net(tmp_path / "first.pt")
    assert torch.equal(loaded(images), net(images))
    assert loaded_history == history


def test_a_missing_or_cut_file_is_the_users_error(tmp_path):
    path = tmp_path / "weights.pt"
    with pytest.raises(UserError, match=r"weights\.pt: no such file"):
        load_checkpoint(path)
    save_checkpoint(path, {"weights": torch.arange(100.0)})
    whole = path.read_bytes()
    for size in range(0, len(whole), 50):
        path.write_bytes(whole[:size])
        with pytest.raises(UserError, match=r"weights\.pt: not a readable weights file"):
            load_checkpoint(path)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>not found</html>",
        bytes(range(256)),
        b"hello",
        b"a page",
    ],
)
def test_a_file_of_something_else_is_the_users_error(tmp_path, content):
    path = tmp_path / "weights.pt"
    path.write_bytes(content)
    with pytest.raises(UserError, match="not a readable weights file"):
        load_checkpoint(path)


@pytest.mark.parametrize(
    "dump", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content, protocol=2))]
)
def test_code_in_a_file_is_refused_and_not_run(tmp_path, dump):
    path, ran = tmp_path / "weights.pt", tmp_path / "ran"
    dump({"name": "convnet", "weights": Touch(ran)}, path)
    with pytest.raises(UserError, match="not a readable weights file"):
        load_net(path)
    assert not ran.exists()
