"""Published weights: fetched from a folder or a URL, opened only if their hash holds, fitted or rejected."""

import pickle
import re
from collections import OrderedDict

import pytest
import torch
from torch import nn

from tests.mirrors import Trap, served, unserved, write_weights
from vision.data import weights
from vision.data.fetching import import_torchvision_datasets
from vision.data.weights import ADDRESS, fit_weights, published_weights
from vision.pipeline.errors import UserError

STATE = {"conv1.weight": torch.arange(6.0).view(2, 3), "fc.bias": torch.tensor([0.5, -1])}
SOURCE = "the published weights of resnet18"


@pytest.fixture
def publish(tmp_path, monkeypatch):
    """Put weights on a mirror and register them as published under their hash; gives the path there."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def put(state, **options):
        path = write_weights(tmp_path / "mirror", "resnet18", state, **options)
        monkeypatch.setitem(weights.PUBLISHED, "resnet18", path.name)
        return path

    return put


def error_of(mirror, net="resnet18"):
    with pytest.raises(UserError) as caught:
        published_weights(net, None if mirror is None else str(mirror), "digits")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def assert_same(found, expected):
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("zipped", [True, False])
def test_folder_url_and_published_address_give_the_tensors(zipped, publish, monkeypatch):
    mirror = publish(OrderedDict(STATE), _use_new_zipfile_serialization=zipped).parent.parent
    with served(mirror) as address:
        for base in (mirror, f"{mirror}/", address):
            assert_same(published_weights("resnet18", str(base), "digits"), STATE)
        monkeypatch.setattr(weights, "ADDRESS", f"{address}/weights/")
        for base in (None, ""):
            assert_same(published_weights("resnet18", base, "digits"), STATE)


def test_file_names_are_torchvisions():
    import_torchvision_datasets()
    from torchvision.models import get_model_weights

    for net, file in weights.PUBLISHED.items():
        assert get_model_weights(net)["IMAGENET1K_V1"].url == f"{ADDRESS}{file}"
        assert re.search(r"-[0-9a-f]{8}\.pth$", file)


def test_file_that_cannot_be_fetched_is_named_with_its_place(tmp_path, monkeypatch):
    assert f"{tmp_path}/weights/vgg16-397923af.pth: No such file" in (message := error_of(tmp_path, "vgg16"))
    assert f"put {ADDRESS}vgg16-397923af.pth" in message
    with unserved(listening=False) as nobody:
        monkeypatch.setattr(weights, "ADDRESS", f"{nobody}/")
        message = error_of(None)
    assert "Connection refused" in message
    assert "DATA_MIRROR" in message


def test_file_with_another_hash_is_never_opened(publish, tmp_path, monkeypatch):
    path = publish(STATE)
    path.write_bytes(pickle.dumps(Trap(sprung := tmp_path / "sprung")))
    monkeypatch.setattr(torch, "load", lambda path, **_: pickle.loads(path.read_bytes()))
    assert "checksum" in error_of(path.parent.parent)
    assert not sprung.exists()


class Net(nn.Module):
    """A network with the names of a published one, and the statistics that published ones lack."""

    def __init__(self):
        super().__init__()
        self.standardise = nn.Module()
        self.standardise.register_buffer("mean", torch.tensor([0.25]))
        self.conv1, self.bn1 = nn.Conv2d(3, 3, 3), nn.BatchNorm2d(3)


def state():
    """A published file of such a network."""
    values = {name: value for name, value in Net().state_dict().items() if not name.startswith("standardise.")}
    return OrderedDict((name, torch.rand(value.shape).to(value.dtype)) for name, value in values.items())


@pytest.mark.parametrize("counts", [True, False])
def test_weights_fit_their_network_with_and_without_counts_of_batches(counts):
    """Files from before torch 0.4.1 have none."""
    net, published = Net(), state()
    if not counts:
        del published["bn1.num_batches_tracked"]
    fit_weights(net, published, SOURCE)
    expected = {"standardise.mean": torch.tensor([0.25]), **published, "bn1.num_batches_tracked": torch.tensor(0)}
    assert_same(net.state_dict(), expected)
    assert net.conv1.weight.requires_grad


@pytest.mark.parametrize(
    ("removed", "added", "reason"),
    [
        (["bn1.running_var"], {}, "missing bn1.running_var"),
        ([], {"a": torch.zeros(1), "b": torch.zeros(1)}, "unexpected a and 1 more"),
        ([], {"conv1.bias": torch.zeros(1, 3)}, "shape of conv1.bias is [1, 3], should be [3]"),
    ],
)
def test_fit_weights_of_another_network_names_a_difference_and_changes_nothing(removed, added, reason):
    net = Net()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    changed = {name: value for name, value in state().items() if name not in removed} | added
    with pytest.raises(UserError, match=re.escape(f"{SOURCE}: not the weights of such a network ({reason})")):
        fit_weights(net, changed, SOURCE)
    assert_same(net.state_dict(), before)
