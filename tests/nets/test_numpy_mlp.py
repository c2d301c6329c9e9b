"""The network from scratch: its gradients against finite differences and torch, its steps, its place in the house."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from vision.data.dataset import Samples
from vision.nets import build, load_net, save_net
from vision.nets.inference import count_parameters, predict
from vision.nets.numpy_mlp import (
    ACTIVATIONS,
    DERIVATIVES,
    backward,
    cross_entropy,
    descend,
    forward,
    fresh_layers,
    learn_in_order,
)
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
def test_derivatives_are_those_of_the_activations(activation, generator):
    z, step = generator.normal(size=50), 1e-6
    slope = (ACTIVATIONS[activation](z + step) - ACTIVATIONS[activation](z - step)) / (2 * step)
    np.testing.assert_allclose(DERIVATIVES[activation](ACTIVATIONS[activation](z)), slope, atol=1e-8)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_are_those_of_finite_differences(layers, batch, activation):
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


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_logits_loss_and_gradients_are_torchs(layers, batch, activation):
    inputs, labels = (torch.from_numpy(array) for array in batch)
    theirs = [[torch.from_numpy(array.copy()).requires_grad_() for array in layer] for layer in layers]
    values = inputs
    for number, (weights, biases) in enumerate(theirs):
        values = (TORCH[activation] if number else lambda z: z)(values) @ weights + biases
    loss = F.cross_entropy(values, labels)
    loss.backward()
    np.testing.assert_allclose(forward(layers, activation, batch[0])[-1], values.detach(), rtol=1e-12)
    assert loss_of(layers, activation, *batch) == pytest.approx(loss.item(), rel=1e-12)
    for slopes, layer in zip(gradients_of(layers, activation, *batch), theirs, strict=True):
        for slope, parameter in zip(slopes, layer, strict=True):
            np.testing.assert_allclose(slope, parameter.grad, rtol=1e-6, atol=1e-12)


def test_no_logit_is_too_large_for_the_loss():
    loss, gradient = cross_entropy(np.array([[1e4, -1e4], [-1e4, 1e4]]), np.array([1, 1]))
    assert loss == pytest.approx(1e4)
    np.testing.assert_allclose(gradient, [[0.5, -0.5], [0, 0]])


def test_cross_entropy_is_the_divergence_and_the_entropy_of_the_labels(generator):
    """Row F18: H(p, q) = KL(p || q) + H(p); of one-hot labels, whose entropy is 0, the loss is the divergence."""
    logits, p = generator.normal(size=(1, 4)), generator.dirichlet(np.ones(4))
    q = np.exp(logits[0]) / np.exp(logits[0]).sum()
    crossed = sum(p[label] * cross_entropy(logits, np.array([label]))[0] for label in range(4))
    divergence, entropy = (p * np.log(p / q)).sum(), -(p * np.log(p)).sum()
    assert crossed == pytest.approx(divergence + entropy, rel=1e-12)
    assert entropy > 0.1
    assert cross_entropy(logits, np.array([2]))[0] == pytest.approx(np.log(1 / q[2]), rel=1e-12)


def test_fresh_weights_are_glorots(generator):
    (weights, biases), _ = fresh_layers([200, 100, 10], generator)
    bound = np.sqrt(6 / 300)
    assert weights.dtype == biases.dtype == np.float32
    assert np.abs(weights).max() <= bound
    assert weights.std() == pytest.approx(bound / np.sqrt(3), rel=0.02)
    assert not biases.any()


def test_a_step_goes_down_the_gradient(layers, batch):
    before = [array.copy() for layer in layers for array in layer]
    gradients = gradients_of(layers, "tanh", *batch)
    slopes = [array.copy() for layer in gradients for array in layer]
    descend(layers, gradients, 0.1)
    for now, array, slope in zip([a for layer in layers for a in layer], before, slopes, strict=True):
        np.testing.assert_allclose(now, array - 0.1 * slope, rtol=1e-12)


def test_batches_follow_the_order_and_the_last_may_be_smaller(layers, batch):
    twice = [[tuple(array.copy() for array in layer) for layer in layers] for _ in range(2)]
    order = np.array([4, 0, 3, 1, 2])
    losses, sizes, hits = learn_in_order(twice[0], "relu", *batch, order, batch_size=2, lr=0.1)
    assert sizes == [2, 2, 1]
    for part, loss in zip(np.split(order, [2, 4]), losses, strict=True):
        own = batch[0][part], batch[1][part]
        assert loss == loss_of(twice[1], "relu", *own)
        hits -= (forward(twice[1], "relu", own[0])[-1].argmax(1) == own[1]).sum()
        descend(twice[1], gradients_of(twice[1], "relu", *own), 0.1)
    assert hits == 0
    for one, other in zip(*twice, strict=True):
        np.testing.assert_array_equal(one[0], other[0])


def samples(n=64):
    """Images of noise in [0, 255] whose class is their brightest of four pixels."""
    images = np.random.default_rng(1).integers(0, 256, (n, 1, 2, 3), np.uint8)
    return Samples(images, images.reshape(n, -1)[:, :4].argmax(1), np.arange(n))


def numpy_mlp(**changes):
    return build("numpy_mlp", **DATA, **{"hidden": [16], "activation": "tanh"} | changes)


def test_it_learns_in_the_house(tmp_path):
    net, train = numpy_mlp(), samples()
    learner = net.learner(train, Recipe(**RECIPE), seed=0)
    first, *_, last = [np.mean(learner.learn_epoch(epoch)[0]) for epoch in range(1, 60)]
    assert last < first / 2
    hyper = {**DATA, "hidden": [16], "activation": "tanh"}
    weights = {name: torch.as_tensor(array) for name, array in net.state_dict().items()}
    save_net(tmp_path / "net.pt", "numpy_mlp", hyper, weights, {})
    loaded = load_net(tmp_path / "net.pt").net
    np.testing.assert_array_equal(predict(loaded, train), learner.logits(train))
    assert count_parameters(loaded) == 6 * 16 + 16 + 16 * 4 + 4


def test_the_seed_decides_everything():
    runs = []
    for seed in (0, 0, 1):
        learner = numpy_mlp().learner(samples(), Recipe(**RECIPE), seed=seed)
        runs.append(learner.learn_epoch(1)[0])
    assert runs[0] == runs[1] != runs[2]


def test_a_copy_of_the_weights_stays_as_it_was():
    learner = numpy_mlp().learner(samples(), Recipe(**RECIPE), seed=0)
    state, before = learner.state(), learner.logits(samples())
    learner.learn_epoch(1)
    assert (learner.logits(samples()) != before).any()
    learner.restore(state)
    np.testing.assert_array_equal(learner.logits(samples()), before)


def test_weights_of_other_widths_are_refused():
    with pytest.raises(ValueError, match="other widths"):
        numpy_mlp().load_state_dict(numpy_mlp(hidden=[15]).state_dict())


@pytest.mark.parametrize(
    ("name", "value"), [("momentum", 0.9), ("optimizer", "adam"), ("schedule", "one_cycle"), ("shift_pixels", 2.0)]
)
def test_what_it_cannot_do_is_one_line(name, value):
    with pytest.raises(UserError, match=f"{name} is {value}: should be"):
        numpy_mlp().learner(samples(), Recipe(**RECIPE | {name: value}), seed=0)
