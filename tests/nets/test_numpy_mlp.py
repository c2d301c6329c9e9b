"""The network from scratch: gradients and steps against torch."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.trainings import recipe
from vision.data.dataset import Samples
from vision.nets import build
from vision.nets.numpy_mlp import ACTIVATIONS, backward, cross_entropy, forward, initial_layers
from vision.pipeline.errors import UserError
from vision.training.jobs import make_trainer

TORCH = {"linear": lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}
DATA = {"mean": [0.1], "std": [0.3], "shape": [1, 2, 3], "n_classes": 4}


@pytest.fixture
def batch(generator):
    """Five inputs of six numbers in float64, and their classes, of four."""
    return generator.normal(size=(5, 6)), np.array([0, 3, 1, 1, 2])


@pytest.fixture
def layers(generator):
    """Two hidden layers whose biases are not 0."""
    made = initial_layers([6, 7, 5, 4], generator, np.float64)
    for _, biases in made:
        biases += generator.normal(size=biases.shape)
    return made


def loss_of(layers, activation, inputs, labels):
    return cross_entropy(forward(layers, activation, inputs)[-1], labels)[0]


def gradients_of(layers, activation, inputs, labels):
    values = forward(layers, activation, inputs)
    return backward(layers, activation, values, cross_entropy(values[-1], labels)[1])


def torch_copy(layers):
    return [[torch.from_numpy(array.copy()).requires_grad_() for array in layer] for layer in layers]


def torch_logits(layers, activation, inputs):
    values = torch.from_numpy(inputs)
    for number, (weights, biases) in enumerate(layers):
        values = (TORCH[activation] if number else TORCH["linear"])(values) @ weights + biases
    return values


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_logits_loss_and_gradients_match_torch(layers, batch, activation):
    theirs = torch_copy(layers)
    logits = torch_logits(theirs, activation, batch[0])
    loss = F.cross_entropy(logits, torch.from_numpy(batch[1]))
    loss.backward()
    np.testing.assert_allclose(forward(layers, activation, batch[0])[-1], logits.detach(), rtol=1e-12)
    assert loss_of(layers, activation, *batch) == pytest.approx(loss.item(), rel=1e-12)
    for slopes, layer in zip(gradients_of(layers, activation, *batch), theirs, strict=True):
        for slope, parameter in zip(slopes, layer, strict=True):
            np.testing.assert_allclose(slope, parameter.grad, rtol=1e-6, atol=1e-12)


def test_cross_entropy_of_large_logits_does_not_overflow():
    loss, gradient = cross_entropy(np.array([[1e4, -1e4], [-1e4, 1e4]]), np.array([1, 1]))
    assert loss == pytest.approx(1e4)
    np.testing.assert_allclose(gradient, [[0.5, -0.5], [0, 0]])


def test_initial_layers_are_glorot_uniform(generator):
    (weights, biases), _ = initial_layers([200, 100, 10], generator)
    bound = np.sqrt(6 / 300)
    assert weights.dtype == biases.dtype == np.float32
    assert np.abs(weights).max() <= bound
    assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert not biases.any()


def samples(n=21):
    """Images of noise in [0, 255] whose class is their brightest of four pixels."""
    images = np.random.default_rng(1).integers(0, 256, (n, 1, 2, 3), np.uint8)
    return Samples(images, images.reshape(n, -1)[:, :4].argmax(1), np.arange(n))


def numpy_mlp(**changes):
    return build("numpy_mlp", **DATA, **{"hidden": [16], "activation": "tanh"} | changes)


def trainer(**changes):
    return make_trainer(numpy_mlp(), samples(), recipe(**{"lr": 0.1, "epochs": 3, "batch_size": 8, **changes}), seed=4)


def test_an_epoch_takes_the_steps_of_torch_sgd():
    ours, generator = trainer(), np.random.default_rng(4)
    theirs = torch_copy(initial_layers([6, 16, 4], generator))
    optimizer = torch.optim.SGD([parameter for layer in theirs for parameter in layer], 0.1)
    for epoch in (1, 2):
        expected, right, order = [], 0, generator.permutation(21)
        for part in np.split(order, [8, 16]):
            logits = torch_logits(theirs, "tanh", samples()[part].rows)
            optimizer.zero_grad()
            (loss := F.cross_entropy(logits, torch.from_numpy(samples()[part].labels))).backward()
            optimizer.step()
            expected.append(loss.item())
            right += int((logits.argmax(1).numpy() == samples()[part].labels).sum())
        result = ours.train_epoch(epoch)
        assert (result.sizes, result.correct) == ([8, 8, 5], right)
        assert result.losses == pytest.approx(expected, rel=1e-5)
    for layer, others in zip(ours.net.layers, theirs, strict=True):
        for array, parameter in zip(layer, others, strict=True):
            np.testing.assert_allclose(array, parameter.detach(), rtol=1e-4, atol=1e-6)


def test_load_state_dict_rejects_other_widths():
    with pytest.raises(ValueError, match="other widths"):
        numpy_mlp().load_state_dict(numpy_mlp(hidden=[15]).state_dict())


def test_unsupported_recipe_is_rejected():
    trainer(decay_all=True, warmup_fraction=0.1)  # which change nothing
    with pytest.raises(UserError, match="momentum is"):
        trainer(momentum=0.9)
