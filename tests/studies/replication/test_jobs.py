"""The trainings of a replication, against the documents' own loops, layers and splits."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from vision.data.dataset import Dataset
from vision.data.statistics import channel_statistics
from vision.nets import restore_net
from vision.nets.inference import predict
from vision.studies.replication.images import draw_split, random_rotate_and_crop
from vision.studies.replication.jobs import build_initialised, replication_jobs
from vision.training.jobs import train_job

IMAGES = {"mean": [0.1], "std": [0.3], "shape": [1, 28, 28], "n_classes": 10, "activation": "tanh"}


def run(entry, dataset, seed=5):
    (job,) = replication_jobs(entry.model_copy(update={"seeds": [seed]}))
    return train_job(job, data=dataset, device="cpu")


def plain_loop(entry, dataset, optimizer, seed=5):
    """The weights after each epoch of images changed, a new order, then a step for each batch."""
    split = draw_split(dataset, entry.valid_one_in, seed)
    net = build_initialised("mlp", **split.net_inputs, **entry.hyper, how=entry.initialisation, seed=seed)
    train, steps, generator = split.splits["train"], optimizer(net.parameters()), torch.Generator().manual_seed(seed)
    states = []
    for _ in range(entry.epochs):
        images = torch.from_numpy(train.inputs)
        if entry.rotation_degrees or entry.crop_padding_pixels:
            images = random_rotate_and_crop(images, entry.rotation_degrees, entry.crop_padding_pixels, generator)
        for chosen in torch.randperm(len(train), generator=generator).split(entry.batch_size):
            loss = F.cross_entropy(net(images[chosen] / 255), torch.from_numpy(train.labels)[chosen])
            steps.zero_grad()
            loss.backward()
            steps.step()
        states.append({name: value.clone() for name, value in net.state_dict().items()})
    return states


def close(first, second):
    return all(torch.allclose(value, second[name], rtol=1e-4, atol=1e-5) for name, value in first.items())


def sgd(**options):
    return lambda parameters: torch.optim.SGD(parameters, **options)


ADAM = {"optimizer": "adam", "lr": 0.01, "weight_decay": 0, "hyper": {"hidden": [6, 5], "activation": "relu"}}
XAVIER = {"hyper": {"hidden": [6], "activation": "tanh"}, "initialisation": "xavier_hidden", "weight_decay": 0.1}


@pytest.mark.parametrize(
    ("changes", "optimizer"),
    [
        (XAVIER, sgd(lr=0.1, weight_decay=0.1)),
        (ADAM | {"crop_padding_pixels": 2, "rotation_degrees": 5}, lambda values: torch.optim.Adam(values, lr=0.01)),
    ],
    ids=["tanh", "relu, rotated and cropped"],
)
def test_the_weights_are_those_of_torchs_optimiser_on_all_parameters(changes, optimizer, entry, dataset):
    settings = entry(**changes)
    assert close(run(settings, dataset).weights, plain_loop(settings, dataset, optimizer)[-1])


@pytest.mark.parametrize("keep", ["last", "best"])
def test_the_kept_epoch_is_the_documents(keep, entry, dataset):
    settings = entry(keep=keep, lr=1, weight_decay=0.3, batch_size=4, epochs=6)  # steps so large that losses jump
    states, trained = plain_loop(settings, dataset, sgd(lr=1, weight_decay=0.3)), run(settings, dataset)
    curves, kept = trained.training.curves, trained.training.best_epoch
    best = int(np.argmin([row["valid_loss"] for row in curves])) + 1
    assert best < 6
    assert kept == (best if keep == "best" else 6)
    assert close(trained.weights, states[kept - 1])
    valid = draw_split(dataset, 5, 5).splits["valid"]
    net = restore_net("mlp", trained.hyper, trained.weights)
    assert (predict(net, valid).argmax(1) == valid.labels).mean() == curves[kept - 1]["valid_accuracy"]


def test_jobs_are_one_for_each_weight_decay_and_seed(entry):
    """Nothing else differs, and no network continues another one (B3.1)."""
    settings = entry(weight_decay=[1, 0.1], convergence_epoch=1, last_epochs=2)
    jobs = replication_jobs(settings)
    assert [(job.recipe.weight_decay, job.seed) for job in jobs] == [(1, 0), (1, 1), (0.1, 0), (0.1, 1)]
    assert [job.labels["weight_decay"] for job in jobs] == [1, 1, 0.1, 0.1]
    assert len({job.recipe.model_copy(update={"weight_decay": 0}).model_dump_json() for job in jobs}) == 1
    assert len({job.name for job in jobs}) == 4


@pytest.mark.parametrize("how", ["torch", "xavier_hidden"])
def test_initialisation_is_that_of_new_linear_layers_or_document_003s(how):
    """L11: the first layer is made, then drawn again, and only then the second one is made."""
    torch.manual_seed(5)
    first = nn.Linear(784, 200)
    if how == "xavier_hidden":
        nn.init.xavier_uniform_(first.weight)
        nn.init.constant_(first.bias, 0.0)
    expected = [*first.parameters(), *nn.Linear(200, 10).parameters()]
    net = build_initialised("mlp", **IMAGES, hidden=[200], how=how, seed=5)
    assert all(torch.equal(*pair) for pair in zip(net.parameters(), expected, strict=True))


def test_split_has_the_documents_sizes_and_the_statistics_of_all_images(dataset):
    parts = [dataset.splits["train"], dataset.splits["valid"]]
    images = np.concatenate([part.inputs for part in parts])[np.argsort(np.concatenate([p.indices for p in parts]))]
    split = draw_split(dataset, 5, seed=0)
    assert [len(split.splits[name]) for name in ("train", "valid")] == [48, 12]
    indices = np.concatenate([part.indices for part in split.splits.values()])
    assert np.array_equal(np.sort(indices), np.arange(60))
    for part in split.splits.values():
        assert np.array_equal(part.inputs, images[part.indices])
    assert np.array_equal((split.mean, split.std), channel_statistics(images))


def test_split_depends_on_the_seed_and_not_on_how_the_images_were_divided(dataset):
    whole = draw_split(dataset, 5, seed=3)  # as another division of the same images
    drawn = (dataset, 0), (Dataset(whole.splits, list("abc")), 0), (dataset, 1)
    first, again, other = (draw_split(data, 5, seed).splits["valid"].indices for data, seed in drawn)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
