"""The network from scratch: gradients against finite differences and torch, steps, training, its file."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vision.data.dataset import Samples
from vision.nets import build, load_net, save_net
from vision.nets.inference import count_parameters, predict
from vision.nets.numpy_mlp import ACTIVATIONS, backward, cross_entropy, forward, fresh_layers, learn_in_order
from vision.pipeline.errors import UserError
from vision.pipeline.schema.models import Recipe

TORCH = {"linear": lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}
DATA = {"mean": [0.1], "std": [0.3], "shape": [1, 2, 3], "n_classes": 4}
RECIPE = {
    "optimizer": "sgd", "schedule": "constant", "momentum": 0, "weight_decay": 0, "decay_all": False,
    "warmup_fraction": 0.25, "rotation_degrees": 0, "scale_fraction": 0, "shift_pixels": 0, "crop_padding_pixels": 0,
    "horizontal_flip": False, "precision": "float32", "lr": 0.1, "epochs": 3, "batch_size": 8,
}  # fmt: skip


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.fixture
def batch(generator):
    """Five inputs of six numbers in float64, and their classes, of four."""
    return generator.normal(size=(5, 6)), np.array([0, 3, 1, 1, 2])


@pytest.fixture
def layers(generator):
    """Two hidden layers whose biases are not 0."""
    made = fresh_layers([6, 7, 5, 4], generator, np.float64)
    for _, biases in made:
        biases += generator.normal(size=biases.shape)
    return made


def loss_of(layers, activation, inputs, labels):
    return cross_entropy(forward(layers, activation, inputs)[-1], labels)[0]


def gradients_of(layers, activation, inputs, labels):
    values = forward(layers, activation, inputs)
    return backward(layers, activation, values, cross_entropy(values[-1], labels)[1])


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_match_finite_differences(layers, batch, activation):
    step = 1e-6
    for layer, slopes in zip(layers, gradients_of(layers, activation, *batch), strict=True):
        for parameter, slope in zip(layer, slopes, strict=True):
            for place in np.ndindex(parameter.shape):
                kept = parameter[place]
                losses = []
                for changed in (kept + step, kept - step):
                    parameter[place] = changed
                    losses.append(loss_of(layers, activation, *batch))
                parameter[place] = kept
                assert slope[place] == pytest.approx((losses[0] - losses[1]) / (2 * step), abs=1e-6)


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


def test_learn_in_order_matches_torch_sgd(layers, batch):
    theirs, order, expected, right = torch_copy(layers), np.array([4, 0, 3, 1, 2]), [], 0
    optimizer = torch.optim.SGD([parameter for layer in theirs for parameter in layer], 0.1)
    for part in np.split(order, [2, 4]):
        logits, labels = torch_logits(theirs, "tanh", batch[0][part]), torch.from_numpy(batch[1][part])
        optimizer.zero_grad()
        (loss := F.cross_entropy(logits, labels)).backward()
        optimizer.step()
        expected.append(loss.item())
        right += int((logits.argmax(1) == labels).sum())
    losses, sizes, hits = learn_in_order(layers, "tanh", *batch, order, batch_size=2, lr=0.1)
    assert (sizes, hits) == ([2, 2, 1], right)
    assert losses == pytest.approx(expected, rel=1e-9)
    for ours, layer in zip(layers, theirs, strict=True):
        for array, parameter in zip(ours, layer, strict=True):
            np.testing.assert_allclose(array, parameter.detach(), rtol=1e-9, atol=1e-12)


def test_cross_entropy_of_large_logits_does_not_overflow():
    loss, gradient = cross_entropy(np.array([[1e4, -1e4], [-1e4, 1e4]]), np.array([1, 1]))
    assert loss == pytest.approx(1e4)
    np.testing.assert_allclose(gradient, [[0.5, -0.5], [0, 0]])


def test_cross_entropy_is_kl_divergence_plus_entropy(generator):
    """Row F18: H(p, q) = KL(p || q) + H(p); of one-hot labels, whose entropy is 0, the loss is the divergence."""
    logits, p = generator.normal(size=(1, 4)), generator.dirichlet(np.ones(4))
    q = np.exp(logits[0]) / np.exp(logits[0]).sum()
    crossed = sum(p[label] * cross_entropy(logits, np.array([label]))[0] for label in range(4))
    divergence, entropy = (p * np.log(p / q)).sum(), -(p * np.log(p)).sum()
    assert crossed == pytest.approx(divergence + entropy, rel=1e-12)
    assert cross_entropy(logits, np.array([2]))[0] == pytest.approx(np.log(1 / q[2]), rel=1e-12)


def test_fresh_layers_are_glorot_uniform(generator):
    (weights, biases), _ = fresh_layers([200, 100, 10], generator)
    bound = np.sqrt(6 / 300)
    assert weights.dtype == biases.dtype == np.float32
    assert np.abs(weights).max() <= bound
    assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert not biases.any()


def samples(n=64):
    """Images of noise in [0, 255] whose class is their brightest of four pixels."""
    images = np.random.default_rng(1).integers(0, 256, (n, 1, 2, 3), np.uint8)
    return Samples(images, images.reshape(n, -1)[:, :4].argmax(1), np.arange(n))


def numpy_mlp(**changes):
    return build("numpy_mlp", **DATA, **{"hidden": [16], "activation": "tanh"} | changes)


def test_training_lowers_the_loss_and_the_file_keeps_the_network(tmp_path):
    net, train = numpy_mlp(), samples()
    trainer = net.trainer(train, Recipe(**RECIPE), seed=0)
    first, *_, last = [np.mean(trainer.train_epoch(epoch)[0]) for epoch in range(1, 60)]
    assert last < first / 2
    hyper = {**DATA, "hidden": [16], "activation": "tanh"}
    weights = {name: torch.as_tensor(array) for name, array in net.state_dict().items()}
    save_net(tmp_path / "net.pt", "numpy_mlp", hyper, weights, {})
    loaded = load_net(tmp_path / "net.pt").net
    np.testing.assert_array_equal(predict(loaded, train), trainer.logits(train))
    assert count_parameters(loaded) == 6 * 16 + 16 + 16 * 4 + 4


def test_training_is_determined_by_the_seed():
    runs = []
    for seed in (0, 0, 1):
        trainer = numpy_mlp().trainer(samples(), Recipe(**RECIPE), seed=seed)
        runs.append(trainer.train_epoch(1)[0])
    assert runs[0] == runs[1] != runs[2]


def test_state_is_a_copy_that_restore_puts_back():
    trainer = numpy_mlp().trainer(samples(), Recipe(**RECIPE), seed=0)
    state, before = trainer.state(), trainer.logits(samples())
    trainer.train_epoch(1)
    assert (trainer.logits(samples()) != before).any()
    trainer.restore(state)
    np.testing.assert_array_equal(trainer.logits(samples()), before)


def test_load_state_dict_rejects_other_widths():
    with pytest.raises(ValueError, match="other widths"):
        numpy_mlp().load_state_dict(numpy_mlp(hidden=[15]).state_dict())


@pytest.mark.parametrize(("name", "value"), [("momentum", 0.9), ("optimizer", "adam"), ("horizontal_flip", True)])
def test_unsupported_recipe_is_rejected(name, value):
    with pytest.raises(UserError, match=f"{name} is {value}: should be"):
        numpy_mlp().trainer(samples(), Recipe(**RECIPE | {name: value}), seed=0)
