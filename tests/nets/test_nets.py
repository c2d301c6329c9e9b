"""Networks by name: their files, torchvision's published shapes, and damaged or foreign files."""

import pytest
import torch

from vision.data.fetching import import_torchvision_datasets
from vision.nets import build, load_net, resnet18, save_net
from vision.nets.inference import count_parameters
from vision.nets.resnet18 import ResNet18
from vision.nets.vgg16 import VGG16
from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.errors import UserError

DATA = {"mean": [0.13], "std": [0.3], "shape": [1, 28, 28], "n_classes": 10}
HYPER = {
    "convnet": {**DATA, "dropout": 0.5},
    "mlp": {**DATA, "hidden": [7], "activation": "tanh"},
    "resnet18": {**DATA, "head": "concat_pool"},
}
IMAGENET = {"mean": [0.4, 0.5, 0.6], "std": [0.2, 0.25, 0.3], "shape": [3, 224, 224], "n_classes": 1000}
PUBLISHED = {  # with the numbers of parameters that torchvision documents
    "resnet18": (lambda: ResNet18(**IMAGENET, head="linear"), 11_689_512),
    "vgg16": (lambda: VGG16(**IMAGENET, norms=False, head="dense", dense_units=4096), 138_357_544),
    "vgg16_bn": (lambda: VGG16(**IMAGENET, norms=True, head="dense", dense_units=4096), 138_365_992),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_names_order_and_shapes_of_weights_are_torchvisions(name):
    import_torchvision_datasets()
    from torchvision.models import get_model

    make, n_parameters = PUBLISHED[name]
    with torch.device("meta"):  # no weights are made
        theirs, net = get_model(name).state_dict(), make()
    ours = net.state_dict()
    assert ours.keys() - theirs.keys() == {"standardise.mean", "standardise.std"}
    found = [(key, value.shape) for key, value in ours.items() if key in theirs]
    assert found == [(key, value.shape) for key, value in theirs.items()]
    assert count_parameters(net) == n_parameters


@pytest.mark.parametrize("name", HYPER)  # numpy_mlp: see test_numpy_mlp.py
def test_saved_net_gives_the_same_outputs_and_file(name, tmp_path, monkeypatch):
    monkeypatch.setattr(resnet18, "STAGES", {"layer1": 64, "layer2": 8, "layer3": 9, "layer4": 10})  # faster
    net, inputs = build(name, **HYPER[name]).eval(), torch.rand(6, *HYPER[name]["shape"])
    history = {"best_epoch": 3, "diverged": False, "curves": [{"epoch": 1, "valid_loss": 0.5}]}
    for file in ("first.pt", "second.pt"):
        save_net(tmp_path / file, name, HYPER[name], net.state_dict(), history)
    assert (tmp_path / "first.pt").read_bytes() == (tmp_path / "second.pt").read_bytes()
    loaded = load_net(tmp_path / "first.pt")
    assert torch.equal(loaded.net(inputs), net(inputs))
    assert not loaded.net.training
    assert (loaded.hyper, loaded.history) == (HYPER[name], history)


@pytest.mark.parametrize(
    "changes",
    [{"name": "resnet"}, {"hyper": {**HYPER["mlp"], "hidden": [8]}}, {"history": None}],  # None: a missing key
    ids=str,
)
def test_load_net_names_a_file_of_another_network(changes, tmp_path):
    path, net = tmp_path / "net.pt", build("mlp", **HYPER["mlp"])
    saved = {"name": "mlp", "hyper": HYPER["mlp"], "weights": net.state_dict(), "history": {}} | changes
    save_checkpoint(path, {key: value for key, value in saved.items() if value is not None})
    with pytest.raises(UserError, match=r"net\.pt: not the weights of such a network \([^\n]+\); [^\n]*dvc repro`$"):
        load_net(path)
