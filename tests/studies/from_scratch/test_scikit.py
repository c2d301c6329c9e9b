"""scikit-learn's network beside ours: the same losses on equal terms, others at its defaults (bug B4.3)."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier

from vision.nets import build
from vision.nets.numpy_mlp import SGDTrainer
from vision.studies.from_scratch.scikit import ScikitTrainer, has_settled


@pytest.fixture
def trainer(study, dataset):
    """Make ours (None), or scikit-learn's on equal terms (True) or at its defaults (False)."""

    def make(equal, activation="relu", lr=0.1):
        settings = study({"net": ("numpy", activation, lr)})
        net = build("numpy_mlp", **dataset.net_inputs, hidden=settings.hidden, activation=activation)
        recipe, train = settings.recipe(settings.models["net"]), dataset.splits["train"]
        if equal is None:
            return SGDTrainer(net, train, recipe, seed=3, passes=1)
        return ScikitTrainer(net, train, recipe, seed=3, equal=equal)

    return make


def mean_loss(losses, sizes, hits):
    return np.average(losses, weights=sizes)


@pytest.mark.parametrize("activation", ["linear", "relu", "sigmoid", "tanh"])
def test_on_equal_terms_both_have_the_same_losses_and_weights(activation, trainer, dataset):
    ours, theirs = trainer(None, activation), trainer(True, activation)
    valid = dataset.splits["valid"]
    np.testing.assert_array_equal(ours.logits(valid), theirs.logits(valid))  # they start alike
    for epoch in range(1, 6):
        assert mean_loss(*ours.train_epoch(epoch)) == pytest.approx(mean_loss(*theirs.train_epoch(epoch)), rel=1e-5)
    for name, weights in ours.state().items():
        np.testing.assert_allclose(theirs.state()[name], weights, rtol=1e-3, atol=1e-5)


def fitted(dataset, epochs, **options):
    train = dataset.splits["train"]
    options |= {"solver": "sgd", "learning_rate_init": 0.1, "batch_size": 8, "max_iter": epochs}
    return MLPClassifier([7, 5], random_state=np.random.RandomState(3), **options).fit(train.rows, train.labels)


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_at_its_defaults_scikit_begins_as_fit_does(trainer, dataset):
    """Later epochs have other orders: what learns by parts draws each of them from the images as they stand."""
    theirs, whole = trainer(False), fitted(dataset, 1)
    assert mean_loss(*theirs.train_epoch(1)) == whole.loss_
    for own, others in zip(theirs.classifier.coefs_, whole.coefs_, strict=True):
        np.testing.assert_array_equal(own, others)
    own, others = theirs.classifier.get_params(), whole.get_params()
    assert {name for name in own if own[name] != others[name]} <= {"max_iter", "random_state"}


def test_a_training_ends_where_fit_ends_it(trainer, dataset):
    whole = fitted(dataset, 400, activation="tanh")
    assert whole.n_iter_ < 400, "this training should settle"
    assert has_settled(whole.loss_curve_, whole)
    assert not has_settled(whole.loss_curve_[:-1], whole)
    theirs = trainer(False, "tanh")
    losses = [mean_loss(*theirs.train_epoch(epoch)) for epoch in range(1, 401)]
    epochs = len(theirs.classifier.loss_curve_)
    assert epochs < 400
    assert set(losses[epochs - 1 :]) == {losses[-1]}


def test_restored_weights_are_learned_on_from(trainer):
    theirs = trainer(True)
    theirs.train_epoch(1)
    kept = theirs.state()
    theirs.train_epoch(2)
    theirs.restore(kept)
    np.testing.assert_array_equal(theirs.net.layers[0][0], kept["weights_1"])
    np.testing.assert_array_equal(theirs.classifier.coefs_[0], kept["weights_1"])
