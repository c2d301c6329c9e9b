"""scikit-learn's network beside ours: the same losses on equal terms, others at its defaults (bug B4.3)."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from vision.from_scratch.scikit import ScikitLearner, has_settled
from vision.nets import build
from vision.nets.numpy_mlp import PlainDescent

ACTIVATIONS = ["linear", "relu", "sigmoid", "tanh"]


def learner(study, dataset, activation="relu", lr=0.1, trainer=None, seed=3):
    """Ours, or scikit-learn's on equal terms (True) or at its defaults (False)."""
    settings = study({"net": ("numpy", activation, lr)})
    net = build("numpy_mlp", **dataset.net_inputs, hidden=settings.hidden, activation=activation)
    recipe, train = settings.recipe(settings.models["net"]), dataset.splits["train"]
    if trainer is None:
        return PlainDescent(net, train, recipe, seed=seed, passes=1)
    return ScikitLearner(net, train, recipe, seed=seed, equal=trainer)


def mean_loss(losses, sizes, hits):
    return np.average(losses, weights=sizes)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_on_equal_terms_both_have_the_same_losses_and_weights(activation, study, dataset):
    ours, theirs = learner(study, dataset, activation), learner(study, dataset, activation, trainer=True)
    valid = dataset.splits["valid"]
    np.testing.assert_array_equal(ours.logits(valid), theirs.logits(valid))  # they start alike
    for epoch in range(1, 6):
        assert mean_loss(*ours.learn_epoch(epoch)) == pytest.approx(mean_loss(*theirs.learn_epoch(epoch)), rel=1e-5)
    for name, weights in ours.state().items():
        np.testing.assert_allclose(theirs.state()[name], weights, rtol=1e-3, atol=1e-5)


def fitted(dataset, epochs, **options):
    train, random_state = dataset.splits["train"], np.random.RandomState(3)
    classifier = MLPClassifier(
        [7, 5],
        solver="sgd",
        learning_rate_init=0.1,
        batch_size=8,
        max_iter=epochs,
        random_state=random_state,
        **options,
    )
    return classifier.fit(train.rows, train.labels)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_at_its_defaults_it_begins_as_fit_does(study, dataset):
    """Later epochs have other orders: what learns by parts draws each of them from the images as they stand."""
    theirs, whole = learner(study, dataset, trainer=False), fitted(dataset, 1)
    assert mean_loss(*theirs.learn_epoch(1)) == whole.loss_
    for own, others in zip(theirs.classifier.coefs_, whole.coefs_, strict=True):
        np.testing.assert_array_equal(own, others)
    left = {"max_iter", "random_state"}
    assert {name: value for name, value in theirs.classifier.get_params().items() if name not in left} == {
        name: value for name, value in whole.get_params().items() if name not in left
    }


def test_a_training_ends_where_fit_ends_it(study, dataset):
    whole = fitted(dataset, 400, activation="tanh")
    assert whole.n_iter_ < 400, "this training should settle"
    assert has_settled(whole.loss_curve_, whole)
    assert not has_settled(whole.loss_curve_[:-1], whole)
    theirs = learner(study, dataset, "tanh", trainer=False)
    losses = [mean_loss(*theirs.learn_epoch(epoch)) for epoch in range(1, 401)]
    epochs = len(theirs.classifier.loss_curve_)
    assert epochs < 400
    assert set(losses[epochs - 1 :]) == {losses[-1]}


@pytest.mark.parametrize(("losses", "settled"), [([3, 2, 1], False), ([1] * 12, True), ([1] * 11, False)])
def test_a_loss_has_settled_when_it_falls_no_more(losses, settled):
    assert has_settled(losses, MLPClassifier()) == settled


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_grow_without_bounds_are_a_loss_that_is_not_finite(equal, study, dataset):
    theirs = learner(study, dataset, "linear", 500, trainer=equal)
    assert any(not np.isfinite(mean_loss(*theirs.learn_epoch(epoch))) for epoch in range(1, 10))


def test_weights_that_are_put_back_are_learned_on_from(study, dataset):
    theirs = learner(study, dataset, trainer=True)
    theirs.learn_epoch(1)
    kept, logits = theirs.state(), theirs.logits(dataset.splits["valid"])
    theirs.learn_epoch(2)
    theirs.restore(kept)
    np.testing.assert_array_equal(theirs.logits(dataset.splits["valid"]), logits)
    np.testing.assert_array_equal(theirs.classifier.coefs_[0], kept["weights_1"])
