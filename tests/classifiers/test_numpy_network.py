"""The network from scratch as an estimator: scikit-learn's own checks, and scikit-learn's network beside it."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from vision.classifiers.numpy_network import NumpyNetwork

QUICK = {"hidden": (32,), "epochs": 60, "batch_size": 8, "random_state": 0}


@parametrize_with_checks([NumpyNetwork(**QUICK | {"epochs": 15})])
def test_scikit_learns_estimator_checks_pass(estimator, check):
    check(estimator)


def test_fit_learns_digits(digits):
    pixels, labels, *test = digits
    net = NumpyNetwork(**QUICK).fit(pixels, labels)
    assert net.score(*test) > 0.9
    assert len(net.loss_curve_) == 60
    assert net.loss_curve_[-1] < net.loss_curve_[0] / 5
    assert not net.diverged_


@pytest.mark.parametrize(
    ("ours", "theirs"), [("linear", "identity"), ("relu", "relu"), ("sigmoid", "logistic"), ("tanh", "tanh")]
)
def test_probabilities_match_scikit_learn_on_the_same_weights(digits, ours, theirs):
    rows, labels = digits[0].astype(np.float64), digits[1]
    net = NumpyNetwork(**QUICK | {"activation": ours, "epochs": 2, "lr": 0.01}).fit(rows, labels)
    other = MLPClassifier((32,), activation=theirs, max_iter=1, random_state=0)
    other.partial_fit(rows[:20], labels[:20], classes=net.classes_)
    other.coefs_, other.intercepts_ = map(list, zip(*net.layers_, strict=True))
    np.testing.assert_allclose(net.predict_proba(rows), other.predict_proba(rows), rtol=1e-9, atol=1e-12)


def test_divergence_ends_the_training(digits):
    with np.errstate(all="ignore"):
        net = NumpyNetwork(**QUICK | {"activation": "linear", "lr": 1000.0}).fit(*digits[:2])
    assert net.diverged_
    assert len(net.loss_curve_) < 60


def test_unknown_activation_is_refused(digits):
    with pytest.raises(ValueError, match="activation is 'softplus'; allowed: linear, relu, sigmoid, tanh"):
        NumpyNetwork(activation="softplus").fit(*digits[:2])
