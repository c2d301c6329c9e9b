"""Networks by name, and their files: the same outputs, the same bytes, no code run."""

import pickle

import numpy as np
import pytest
import torch

from vision import nets
from vision.nets import build, load_net, save_net
from vision.pipeline.checkpoints import save_checkpoint
from vision.pipeline.errors import UserError
from vision.pipeline.schema.hyper import NETS

DATA = {"mean": [0.13], "std": [0.3], "shape": [1, 28, 28], "n_classes": 10}
HYPER = {
    "convnet": {**DATA, "dropout": 0.5},
    "dense_head": {**DATA, "mean": [0.13] * 784, "std": [0.3] * 784, "shape": [784], "dense_units": 9},
    "mlp": {**DATA, "hidden": [7], "activation": "tanh"},
    "resnet18": {**DATA, "head": "concat_pool"},
    "vgg16": {**DATA, "norms": True, "head": "dense", "dense_units": 9},
}


class Touch:
    """Creates a file when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


class Foreign:
    """A network of another library, with one weight."""

    def load_state_dict(self, state):
        self.weight = state["weight"]


def test_an_unknown_name_is_told_the_allowed_ones():
    with pytest.raises(
        UserError,
        match=r"^unknown name 'resnet' of vision/nets; allowed: convnet, dense_head, mlp, numpy_mlp, resnet18, vgg16$",
    ):
        build("resnet", **HYPER["convnet"])


@pytest.mark.parametrize("name", HYPER)
def test_a_saved_net_computes_the_same_and_gives_the_same_bytes(name, tmp_path):
    assert {*HYPER, "numpy_mlp"} == {*NETS}  # which tests/nets/test_numpy_mlp.py saves and loads
    net, inputs = build(name, **HYPER[name]).eval(), torch.rand(6, *HYPER[name]["shape"])
    history = {"best_epoch": 3, "diverged": False, "curves": [{"epoch": 1, "valid_loss": 0.5}]}
    for file in ("first.pt", "second.pt"):
        save_net(tmp_path / file, name, HYPER[name], net.state_dict(), history)
    assert (tmp_path / "first.pt").read_bytes() == (tmp_path / "second.pt").read_bytes()
    loaded = load_net(tmp_path / "first.pt")
    assert torch.equal(loaded.net(inputs), net(inputs))
    assert not loaded.net.training
    assert (loaded.hyper, loaded.history) == (HYPER[name], history)


def test_a_network_of_another_library_is_saved_and_loaded_too(tmp_path, monkeypatch):
    monkeypatch.setattr(nets, "build", lambda name, **hyper: Foreign())
    save_net(tmp_path / "net.pt", "foreign", {}, {"weight": torch.arange(3.0)}, {"best_epoch": 1})
    loaded = load_net(tmp_path / "net.pt")
    assert isinstance(loaded.net, Foreign)
    assert np.asarray(loaded.net.weight).tolist() == [0, 1, 2]
    assert loaded.history == {"best_epoch": 1}


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "resnet"},
        {"hyper": {**HYPER["mlp"], "hidden": [8]}},
        {"hyper": {**HYPER["mlp"], "kernels": 3}},
        {"hyper": {}},
        {"hyper": None},
        {"weights": {}},
        {"weights": [1]},
        {"weights": {"other": torch.zeros(3)}},
        None,
    ],
    ids=str,
)
def test_a_file_of_another_network_is_one_line_that_names_it(changes, tmp_path):
    path, net = tmp_path / "net.pt", build("mlp", **HYPER["mlp"])
    saved = {"name": "mlp", "hyper": HYPER["mlp"], "weights": net.state_dict(), "history": {}}
    save_checkpoint(path, saved | changes if changes else [saved])
    with pytest.raises(UserError, match=r"net\.pt: not the weights of such a network \([^\n]+\); [^\n]*dvc repro`$"):
        load_net(path)


@pytest.mark.parametrize("key", ["name", "hyper", "weights", "history"])
def test_a_file_without_a_part_is_one_line_that_names_it(key, tmp_path):
    path, net = tmp_path / "net.pt", build("mlp", **HYPER["mlp"])
    saved = {"name": "mlp", "hyper": HYPER["mlp"], "weights": net.state_dict(), "history": {}}
    del saved[key]
    save_checkpoint(path, saved)
    with pytest.raises(UserError, match=rf"net\.pt: not the weights of such a network \('{key}'\)"):
        load_net(path)


@pytest.mark.parametrize(
    "dump", [torch.save, lambda content, path: path.write_bytes(pickle.dumps(content, protocol=2))]
)
def test_code_in_a_file_is_refused_and_not_run(tmp_path, dump):
    path, ran = tmp_path / "weights.pt", tmp_path / "ran"
    dump({"name": "convnet", "weights": Touch(ran)}, path)
    with pytest.raises(UserError, match="not a readable weights file"):
        load_net(path)
    assert not ran.exists()
