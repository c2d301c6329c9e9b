"""One run of a replication, against the documents' own loops written down plainly."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.trainings import same
from vision.nets import build
from vision.nets.inference import predict
from vision.studies.replication.augmentation import turn_and_crop
from vision.studies.replication.initialisation import initialise
from vision.studies.replication.runs import ReplicationRun, train_replication
from vision.studies.replication.splits import draw_split


def run(entry, path, seed=5):
    return train_replication(ReplicationRun(entry, seed), data=path, device="cpu")


def plain_loop(entry, dataset, optimizer, seed=5):
    """Each epoch: images moved anew, a new order, then a step for each batch. Return the weights after each epoch."""
    split = draw_split(dataset, entry.valid_one_in, seed)
    net = build("mlp", **split.net_inputs, **entry.hyper)
    initialise(net, entry.initialisation, seed)
    train, steps, generator = split.splits["train"], optimizer(net.parameters()), torch.Generator().manual_seed(seed)
    states = []
    for _ in range(entry.epochs):
        images = torch.from_numpy(train.inputs)
        if entry.rotation_degrees or entry.crop_padding_pixels:
            images = turn_and_crop(images, entry.rotation_degrees, entry.crop_padding_pixels, generator)
        for chosen in torch.randperm(len(train), generator=generator).split(entry.batch_size):
            loss = F.cross_entropy(net(images[chosen] / 255), torch.from_numpy(train.labels)[chosen])
            steps.zero_grad()
            loss.backward()
            steps.step()
        states.append({name: value.clone() for name, value in net.state_dict().items()})
    return states


def close(first, second):
    return all(torch.allclose(value, second[name], rtol=1e-4, atol=1e-5) for name, value in first.items())


SGD = {"optimizer": "sgd", "lr": 0.1, "weight_decay": 0.1}
ADAM = {"optimizer": "adam", "lr": 0.01, "weight_decay": 0, "hyper": {"hidden": [6, 5], "activation": "relu"}}
XAVIER = {"hyper": {"hidden": [6], "activation": "tanh"}, "initialisation": "xavier_hidden"}


@pytest.mark.parametrize(
    ("changes", "optimizer"),
    [
        (SGD | XAVIER, lambda values: torch.optim.SGD(values, lr=0.1, weight_decay=0.1)),
        (ADAM | {"crop_padding_pixels": 2}, lambda values: torch.optim.Adam(values, lr=0.01)),
        (ADAM | {"rotation_degrees": 5}, lambda values: torch.optim.Adam(values, lr=0.01)),
    ],
    ids=["tanh", "relu, cropped", "relu, turned"],
)
def test_the_weights_are_those_of_torchs_optimiser_on_all_parameters(changes, optimizer, entry, dataset, path):
    settings = entry(**changes)
    assert close(run(settings, path)["weights"], plain_loop(settings, dataset, optimizer)[-1])


@pytest.mark.parametrize("keep", ["last", "best"])
def test_the_weights_kept_are_the_documents(keep, entry, dataset, path, capsys):
    settings = entry(keep=keep, lr=1, weight_decay=0.3, batch_size=4, epochs=6)  # steps so large that losses jump
    states = plain_loop(settings, dataset, lambda values: torch.optim.SGD(values, lr=1, weight_decay=0.3))
    found = run(settings, path)
    losses = [row["valid_loss"] for row in found["history"]["curves"]]
    best = int(np.argmin(losses)) + 1
    assert best < 6
    kept = found["history"]["kept_epoch"]
    assert kept == (best if keep == "best" else 6)
    assert close(found["weights"], states[kept - 1])
    net = build(found["net"], **found["hyper"])
    net.load_state_dict(found["weights"])
    valid = draw_split(dataset, 5, found["seed"]).splits["valid"]
    accuracy = (predict(net, valid).argmax(1) == valid.labels).mean()
    assert accuracy == found["history"]["curves"][kept - 1]["valid_accuracy"]
    assert capsys.readouterr().out == f"lambda 0.3, seed 5: valid accuracy {accuracy:.2%}\n"


def test_a_run_depends_on_its_seed_alone_and_torch_saves_it(entry, path, tmp_path):
    torch.manual_seed(1)  # what ran before in the process
    first = run(entry(), path)
    torch.manual_seed(2)
    again, other = run(entry(), path), run(entry(), path, seed=6)
    assert same(first["weights"], again["weights"])
    assert first["history"] == again["history"]
    assert not same(first["weights"], other["weights"])
    torch.save(first, tmp_path / "run.pt")
    assert torch.load(tmp_path / "run.pt", weights_only=True)["seed"] == 5


@pytest.mark.parametrize("keep", ["last", "best"])
def test_a_run_that_diverges_at_once_keeps_the_weights_of_its_start(keep, entry, path, capsys):
    found = run(entry(keep=keep, lr=1000), path)
    assert found["history"] == {"curves": [], "kept_epoch": 0, "diverged": True}
    net = build("mlp", **found["hyper"])
    initialise(net, "torch", 5)
    assert same(found["weights"], net.state_dict())
    assert capsys.readouterr().out == "lambda 0, seed 5: diverged after epoch 0\n"
