"""Training of torch's dense networks in NumPy, against the loop in torch."""

import numpy as np
import pytest
import torch

from tests import trainings
from tests.trainings import same
from vision.nets import build
from vision.nets.inference import predict
from vision.training.history import train
from vision.training.jobs import make_trainer
from vision.training.loop import TorchTrainer
from vision.training.numpy_loop import MLPTrainer

RECIPE = {"lr": 0.2, "epochs": 3, "batch_size": 8, "weight_decay": 0.1}


def mlp(hidden=(6,), activation="tanh"):
    torch.manual_seed(0)
    return build("mlp", mean=[0.3], std=[0.2], shape=[1, 8, 8], n_classes=3, hidden=list(hidden), activation=activation)


@pytest.fixture(scope="module")
def images():
    return trainings.striped_images(45)


@pytest.mark.parametrize("schedule", ["constant", "one_cycle"])
@pytest.mark.parametrize("decay_all", [False, True])
@pytest.mark.parametrize(("hidden", "activation"), [((), "tanh"), ((6,), "tanh"), ((6, 5), "relu")])
def test_training_takes_the_steps_of_torch(images, hidden, activation, decay_all, schedule):
    options = trainings.recipe(**RECIPE, decay_all=decay_all, schedule=schedule)
    trainings_of, states = [], []
    for make in (TorchTrainer, MLPTrainer):
        net = mlp(hidden, activation)
        trainings_of.append(train(make(net, images, options, seed=5), images, options.epochs))
        states.append(net.state_dict())
        assert not net.training
    torchs, ours = trainings_of
    assert ours.step_losses == pytest.approx(torchs.step_losses, rel=1e-4)
    assert ours.best_epoch == torchs.best_epoch
    for row, other in zip(ours.curves, torchs.curves, strict=True):
        assert row == pytest.approx(other, rel=1e-4)
    for name, value in states[0].items():
        np.testing.assert_allclose(states[1][name], value, rtol=1e-3, atol=1e-5)


def test_the_network_has_the_weights_after_each_epoch(images):
    net, options = mlp(), trainings.recipe(**RECIPE)
    trainer = MLPTrainer(net, images, options, seed=5)
    before = trainer.state()
    assert same(before, mlp().state_dict())
    trainer.train_epoch(1)
    assert not same(before, trainer.state())
    np.testing.assert_allclose(trainer.logits(images), predict(net, images), rtol=1e-5, atol=1e-6)
    trainer.restore(before)
    assert same(net.state_dict(), before)


def test_dense_networks_by_plain_descent_are_trained_in_numpy_and_others_in_torch(images):
    def kind(net, **changes):
        return type(make_trainer(net, images, trainings.recipe(**RECIPE | changes), seed=0))

    assert kind(mlp()) is MLPTrainer
    for changes in ({"momentum": 0.9}, {"optimizer": "adam"}, {"rotation_degrees": 5}, {"crop_padding_pixels": 1}):
        assert kind(mlp(), **changes) is TorchTrainer
    convnet = build("convnet", mean=[0.5], std=[0.3], shape=[1, 16, 16], n_classes=3, dropout=0.5)
    assert kind(convnet) is TorchTrainer
