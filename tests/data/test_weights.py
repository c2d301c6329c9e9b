"""Published weights: taken whole from a folder or a URL, opened only once their hash held, and fitted or refused."""

import hashlib
import io
import pickle
import re
import tempfile
from collections import OrderedDict

import pytest
import torch
from torch import nn

from tests.mirrors import Trap, closed, damage, served
from vision.data import weights
from vision.data.fetching import import_torchvision_datasets
from vision.data.weights import ADDRESS, fit_weights, published_weights
from vision.nets import build
from vision.pipeline.errors import UserError

STATE = {"conv1.weight": torch.arange(6.0).view(2, 3), "fc.bias": torch.tensor([0.5, -1])}
SOURCE = "the published weights of resnet18"
NO_FIT = f"{SOURCE}: not the weights of such a network "
LEGACY = {"_use_new_zipfile_serialization": False}


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """The folder of temporary files, which each test leaves as empty as it was."""
    (folder := tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    yield folder
    assert not any(folder.iterdir())


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Put content on a mirror and say that it was published under its hash; gives the path there."""

    def put(content, **options):
        if not isinstance(content, bytes):
            torch.save(content, buffer := io.BytesIO(), **options)
            content = buffer.getvalue()
        name = f"resnet18-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        path = tmp_path / "mirror" / "weights" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
        monkeypatch.setitem(weights.PUBLISHED, "resnet18", name)
        return path

    return put


def refusal(mirror, net="resnet18"):
    with pytest.raises(UserError) as caught:
        published_weights(net, None if mirror is None else str(mirror), "digits")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def assert_same(found, expected):
    assert list(found) == list(expected)
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("options", [{}, LEGACY], ids=["zip", "legacy"])
def test_folder_and_url_give_the_published_tensors(options, publish):
    mirror = publish(OrderedDict(STATE), **options).parent.parent
    with served(mirror) as address:
        for base in (mirror, f"{mirror}/", mirror.as_uri(), f"{mirror.as_uri()}/", address):
            assert_same(published_weights("resnet18", str(base), "digits"), STATE)


@pytest.mark.parametrize("mirror", [None, ""])
def test_without_a_mirror_the_published_address_is_asked(mirror, publish, monkeypatch):
    path = publish(STATE)
    monkeypatch.setattr(weights, "ADDRESS", f"{path.parent.as_uri()}/")
    assert_same(published_weights("resnet18", mirror, "digits"), STATE)


def test_the_file_is_the_one_that_torchvision_names():
    import_torchvision_datasets()
    from torchvision.models import get_model_weights

    for net, file in weights.PUBLISHED.items():
        assert get_model_weights(net)["IMAGENET1K_V1"].url == f"{ADDRESS}{file}"
        assert re.search(r"-[0-9a-f]{8}\.pth$", file)


def test_a_missing_file_is_one_line_that_says_where_to_put_it(tmp_path):
    path = tmp_path / "weights" / "resnet18-f37072fd.pth"
    assert refusal(tmp_path) == (
        f"could not fetch resnet18-f37072fd.pth ({path}: No such file or directory): put "
        "https://download.pytorch.org/models/resnet18-f37072fd.pth, whose SHA-256 begins with f37072fd, at "
        f"{path}, or choose `-S trunks.digits.weights=cifar10`, which needs none"
    )


@pytest.mark.parametrize(("net", "begin"), [("vgg16", "397923af"), ("vgg16_bn", "6c64b313")])
def test_a_missing_file_of_another_network_is_told_alike(net, begin, tmp_path):
    message = refusal(tmp_path, net)
    assert message.startswith(f"could not fetch {net}-{begin}.pth (")
    assert f"put {ADDRESS}{net}-{begin}.pth, whose SHA-256 begins with {begin}, at " in message


def test_without_mirror_and_network_the_line_says_what_to_set(monkeypatch):
    with closed() as nobody:
        monkeypatch.setattr(weights, "ADDRESS", f"{nobody}/")
        assert refusal(None) == (
            f"could not fetch resnet18-f37072fd.pth ({nobody}/resnet18-f37072fd.pth: Connection refused): put "
            f"{nobody}/resnet18-f37072fd.pth, whose SHA-256 begins with f37072fd, at weights/resnet18-f37072fd.pth in "
            "a folder or under a URL, and set DATA_MIRROR to that, or choose "
            "`-S trunks.digits.weights=cifar10`, which needs none"
        )


def test_a_mirror_that_is_none_is_told():
    assert refusal("/no/such").startswith("DATA_MIRROR is '/no/such': no such folder")


def test_a_net_without_published_weights_is_told_the_allowed_ones():
    assert refusal(None, "mlp") == "net mlp: no published weights of it are known; allowed: resnet18, vgg16, vgg16_bn"


@pytest.mark.parametrize("kind", ["folder", "file", "http"])
@pytest.mark.parametrize("how", ["missing", "a folder", "truncated", "flipped", "page", "empty"])
def test_damage_is_one_line_that_names_file_and_hash(how, kind, publish):
    path = publish(STATE)
    damage(path, how)
    with served(mirror := path.parent.parent) as address:
        base = {"folder": mirror, "file": mirror.as_uri(), "http": address}[kind]
        message = refusal(base)
    assert f"could not fetch {path.name} ({base}/weights/{path.name}: " in message
    assert f"SHA-256 begins with {path.stem[-8:]}, at {base}/weights/{path.name}, or" in message
    assert how in ("missing", "a folder") or "differs from its published checksum" in message


def test_a_file_with_another_hash_is_never_opened(publish, tmp_path, monkeypatch):
    path = publish(STATE)
    path.write_bytes(pickle.dumps(Trap(sprung := tmp_path / "sprung")))
    monkeypatch.setattr(torch, "load", lambda path, **_: pickle.loads(path.read_bytes()))
    assert "differs from its published checksum" in refusal(path.parent.parent)
    assert not sprung.exists()
    monkeypatch.setattr(weights, "_sha256", lambda _: path.stem[-8:])
    refusal(path.parent.parent)
    assert sprung.exists(), "the trap was none"


@pytest.mark.parametrize("save", [{}, LEGACY, None], ids=["zip", "legacy", "pickle"])
def test_code_in_a_file_is_refused_and_not_run(save, publish, tmp_path):
    content = {"conv1.weight": Trap(sprung := tmp_path / "sprung")}
    path = publish(pickle.dumps(content, 2)) if save is None else publish(content, **save)
    assert refusal(path.parent.parent) == (
        f"{path.name}: not a readable weights file; take it anew from {ADDRESS}{path.name}"
    )
    assert not sprung.exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\3\4", b"<!doctype html>", [torch.zeros(2)], torch.zeros(2), {1: torch.zeros(2)}, {"a": 1}, None],
    ids=str,
)
def test_other_content_with_its_hash_is_one_line(content, publish):
    path = publish(content)
    assert "not a readable weights file" in refusal(path.parent.parent)


@pytest.mark.parametrize("options", [{}, LEGACY], ids=["zip", "legacy"])
def test_a_file_cut_short_with_its_hash_is_one_line(options, publish):
    torch.save(STATE, buffer := io.BytesIO(), **options)
    path = publish(buffer.getvalue()[: len(buffer.getvalue()) * 2 // 3])
    assert "not a readable weights file" in refusal(path.parent.parent)


class Net(nn.Module):
    """A network with what a published one has, and what is our own."""

    def __init__(self, width=3):
        super().__init__()
        self.standardise = nn.Module()
        self.standardise.register_buffer("mean", torch.tensor([0.25]))
        self.conv1, self.bn1 = nn.Conv2d(3, width, 3), nn.BatchNorm2d(width)


def state(width=3):
    """A published file of such a network, with numbers of its own; as in old files, its norms tell no version."""
    values = {name: value for name, value in Net(width).state_dict().items() if not name.startswith("standardise.")}
    return OrderedDict((name, torch.rand(value.shape).to(value.dtype)) for name, value in values.items())


def refused(changed):
    """The reason in the one line that weights are refused with; the network stays as it was."""
    net = Net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    with pytest.raises(UserError) as caught:
        fit_weights(net, changed, SOURCE)
    message = str(caught.value)
    assert "\n" not in message
    assert_same(net.state_dict(), before)
    return message.removeprefix(NO_FIT)


@pytest.mark.parametrize("options", [{}, LEGACY], ids=["zip", "legacy"])
def test_a_fetched_file_fits_its_network(options, publish):
    net, published = Net(), state()
    path = publish(published, **options)
    fit_weights(net, published_weights("resnet18", str(path.parent.parent), "digits"), SOURCE)
    assert_same(net.state_dict(), {"standardise.mean": torch.tensor([0.25]), **published})


@pytest.mark.parametrize("version", [None, 2])
def test_a_file_from_before_norms_counted_batches_fits(version):
    net, published = Net(), state()
    del published["bn1.num_batches_tracked"]
    if version:
        published._metadata = OrderedDict({"bn1": {"version": version}})
    fit_weights(net, published, SOURCE)
    assert torch.equal(net.bn1.running_var, published["bn1.running_var"])
    assert net.bn1.num_batches_tracked == 0


def test_parameters_are_copied_and_still_learn():
    net, published = Net(), state()
    published["conv1.weight"] = nn.Parameter(published["conv1.weight"])
    fit_weights(net, published, SOURCE)
    assert net.conv1.weight.requires_grad
    assert net.conv1.weight.data_ptr() != published["conv1.weight"].data_ptr()


def test_what_is_missing_is_named():
    published = state()
    del published["bn1.running_var"]
    assert refused(published) == "(missing bn1.running_var)"
    assert refused({}) == "(missing conv1.weight and 5 more)"


def test_what_is_unexpected_is_named():
    assert refused(state() | {"conv2.weight": torch.zeros(1)}) == "(unexpected conv2.weight)"
    assert refused(state() | {"a": torch.zeros(1), "b": torch.zeros(1)}) == "(unexpected a and 1 more)"


def test_another_shape_is_named():
    assert refused(state() | {"conv1.bias": torch.zeros(1, 3)}) == "(shape of conv1.bias is [1, 3], should be [3])"
    wider = "(shape of conv1.weight is [4, 3, 3, 3], should be [3, 3, 3, 3] and 5 more)"
    assert refused(state(width=4)) == wider


def test_all_reasons_are_told():
    changed = state() | {"conv1.bias": torch.zeros(2), "fc.bias": torch.zeros(1)}
    del changed["bn1.weight"]
    reasons = "missing bn1.weight, unexpected fc.bias, shape of conv1.bias is [2], should be [3]"
    assert refused(changed) == f"({reasons})"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("resnet34", "unexpected layer1.2.conv1.weight and "),
        ("resnet50", "unexpected layer1.0.conv3.weight and "),
        ("vgg11", "missing conv1.weight and "),
        ("resnet18", None),
    ],
)
def test_torchvisions_own_networks(name, reason):
    """ResNet-18 fits, and no other; on the meta device a network costs neither time nor memory."""
    import_torchvision_datasets()
    from torchvision.models import get_model

    with torch.device("meta"):
        published = get_model(name).state_dict()
    if reason is None:
        published = {key: torch.full(value.shape, 3, dtype=value.dtype) for key, value in published.items()}
    data = {"mean": [0.5] * 3, "std": [0.2] * 3, "shape": [3, 32, 32], "n_classes": 1000}
    net = build("resnet18", **data, head="linear")
    if reason is None:
        fit_weights(net, published, SOURCE)
        own = net.state_dict()
        assert all((value == 3).all() for key, value in own.items() if not key.startswith("standardise."))
        assert torch.equal(net.standardise.mean.flatten(), torch.tensor([0.5] * 3))
    else:
        with pytest.raises(UserError, match=re.escape(f"{NO_FIT}({reason}")) as caught:
            fit_weights(net, published, SOURCE)
        assert "\n" not in str(caught.value)
