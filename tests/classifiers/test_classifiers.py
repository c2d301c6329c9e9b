"""What every classifier does: tell digits apart, repeat itself, and take its own hyper-parameters alone."""

import math

import numpy as np
import pytest
from scipy.special import softmax

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
    "linear_discriminant": {},
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
def test_logits_are_log_probabilities_where_a_classifier_says_so(digits, name):
    """Its own model's, but for a vote, or there are none."""
    train, train_labels, test, _ = digits
    classifier = fitted(name, train, train_labels)
    model = getattr(classifier, "model", None)
    assert classifier.log_probabilities == hasattr(model, "predict_proba")
    if classifier.log_probabilities:
        ours, votes = softmax(classifier.logits(test), axis=1), {"knn": 5, "random_forest": 30}.get(name, math.inf)
        np.testing.assert_allclose(ours, model.predict_proba(test), atol=1 / votes)
        assert (ours.argmax(1) == model.predict(test)).mean() > 0.98


@pytest.mark.parametrize("name", HYPER)
def test_two_classes_have_two_columns(digits, name):
    train, train_labels, test, labels = (part[:400] for part in digits)
    seen, judged = train_labels < 2, labels < 2
    logits = fitted(name, train[seen], train_labels[seen]).logits(test[judged])
    assert logits.shape == (judged.sum(), 2)
    assert (logits.argmax(1) == labels[judged]).mean() > 0.95


def test_an_unknown_estimator_is_told_the_allowed_ones():
    assert mistake("boost", {}) == f"unknown name 'boost' of vision/classifiers; allowed: {', '.join(HYPER)}"
