"""What every classifier does: tell digits apart, repeat itself, and take its own hyper-parameters alone."""

import numpy as np
import pytest

from vision.classifiers import make
from vision.pipeline.errors import UserError
from vision.pipeline.schema.hyper import ESTIMATORS
from vision.scores.losses import cross_entropy

HYPER = {
    "mean_image": {},
    "logistic_regression": {"inverse_penalty": 0.1, "iterations": 200},
    "random_forest": {"trees": 30},
    "knn": {"neighbours": 5},
    "svm": {"penalty": 10},
}


def fitted(name, pixels, labels):
    classifier = make(name, HYPER[name], seed=0, threads=1)
    classifier.fit(pixels, labels)
    return classifier


def mistake(name, hyper):
    with pytest.raises(UserError) as caught:
        make(name, hyper, seed=0, threads=1)
    assert "\n" not in str(caught.value)
    assert " object at " not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", HYPER)
def test_every_classifier_learns_digits_and_repeats_itself(digits, name):
    assert HYPER.keys() == ESTIMATORS.keys()
    train, train_labels, test, labels = digits
    classifier = fitted(name, train, train_labels)
    logits = classifier.logits(test)
    assert logits.shape == (len(test), 10)
    assert np.issubdtype(logits.dtype, np.floating)
    assert np.isfinite(logits).all()
    assert (logits.argmax(1) == labels).mean() > (0.8 if name == "mean_image" else 0.85)
    assert np.isfinite(cross_entropy(logits, labels)).all()
    assert classifier.n_parameters > 0
    np.testing.assert_array_equal(fitted(name, train, train_labels).logits(test), logits)


@pytest.mark.parametrize("name", HYPER)
def test_two_classes_have_two_columns(digits, name):
    train, train_labels, test, labels = (part[:400] for part in digits)
    seen, judged = train_labels < 2, labels < 2
    logits = fitted(name, train[seen], train_labels[seen]).logits(test[judged])
    assert logits.shape == (judged.sum(), 2)
    assert (logits.argmax(1) == labels[judged]).mean() > 0.95


def test_an_unknown_estimator_is_told_the_allowed_ones():
    assert mistake("boost", {}) == f"unknown name 'boost' of vision/classifiers; allowed: {', '.join(HYPER)}"
