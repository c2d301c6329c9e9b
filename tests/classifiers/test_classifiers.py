"""Classifiers: what all have in common, then each against SciPy, scikit-learn, and cases computed by hand."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal
from sklearn.datasets import load_digits

from vision.classifiers import make
from vision.pipeline.schema.hyper import ESTIMATORS

HYPER = {
    "mean_image": {},
    "logistic_regression": {"inverse_penalty": 0.1, "iterations": 200},
    "random_forest": {"trees": 30},
    "knn": {"neighbours": 5},
    "svm": {"penalty": 10},
    "linear_discriminant": {},
}


@pytest.fixture(scope="module")
def digits():
    """Pixels in [0, 1] and labels, of 600 training and of 300 test digits."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))[:900]
    pixels, labels = (pixels[order] / 16).astype(np.float32), labels[order]
    return pixels[:600], labels[:600], pixels[600:], labels[600:]


def fitted(name, inputs, labels, *, seed=0, **hyper):
    classifier = make(name, hyper or HYPER[name], seed=seed, threads=1)
    classifier.fit(inputs, labels)
    return classifier


@pytest.mark.parametrize("name", HYPER)
def test_classifier_learns_digits_and_is_deterministic(digits, name):
    assert HYPER.keys() == ESTIMATORS.keys()
    train, train_labels, test, labels = digits
    classifier = fitted(name, train, train_labels)
    logits = classifier.logits(test)
    assert logits.shape == (len(test), 10)
    assert np.isfinite(logits).all()
    assert (logits.argmax(1) == labels).mean() > (0.8 if name == "mean_image" else 0.85)
    np.testing.assert_array_equal(fitted(name, train, train_labels).logits(test), logits)
    counts = {"mean_image": 10 * 64, "logistic_regression": 10 * 65, "linear_discriminant": 10 * 65, "knn": 600 * 64}
    assert classifier.n_parameters == counts.get(name, classifier.n_parameters)

    # Where the classifier says so, logits are log-probabilities of its model, up to a smoothing vote.
    model = getattr(classifier, "model", None)
    assert classifier.log_probabilities == hasattr(model, "predict_proba")
    if classifier.log_probabilities:
        votes = {"knn": 5, "random_forest": 30}.get(name, math.inf)
        np.testing.assert_allclose(softmax(logits, axis=1), model.predict_proba(test), atol=1 / votes)
        assert (logits.argmax(1) == model.predict(test)).mean() > 0.98


@pytest.mark.parametrize("name", HYPER)
def test_two_classes_have_two_columns_of_logits(digits, name):
    train, train_labels, test, labels = digits
    train_pair, pair = train_labels < 2, labels < 2
    logits = fitted(name, train[train_pair], train_labels[train_pair]).logits(test[pair])
    assert logits.shape == (pair.sum(), 2)
    assert (logits.argmax(1) == labels[pair]).mean() > 0.95


def test_mean_image_logits_are_negative_city_block_distances(digits):
    train, labels, test, _ = digits
    means = np.stack([train[labels == label].astype(float).mean(0) for label in range(10)])
    expected = -cdist(test, means, "cityblock")
    np.testing.assert_allclose(fitted("mean_image", train, labels).logits(test), expected, rtol=1e-4)


def test_knn_votes_are_weighted_by_inverse_distance():
    pixels, labels = np.array([[0.0], [3.0], [9.0]]), np.array([0, 1, 1])
    classifier = fitted("knn", pixels, labels, neighbours=2)
    # At distances 1 and 2, votes of 2/3 and 1/3; two voters, and a third vote that is shared.
    expected = [[(2 * 2 / 3 + 1 / 2) / 3, (2 / 3 + 1 / 2) / 3]]
    np.testing.assert_allclose(np.exp(classifier.logits(np.array([[1.0]]))), expected)


def test_parameters_of_forest_and_svm():
    points = np.repeat([[0.0], [1.0]], 20, axis=0).astype(np.float32), np.repeat([0, 1], 20)
    machine = fitted("svm", *points, penalty=1e6)
    assert machine.n_parameters == 2 * len(machine.model.support_vectors_) + 1  # vectors, their weights and a bias
    forest = fitted("random_forest", *points, trees=3)
    assert forest.n_parameters == 3 * (2 + 2)  # two groups on a line: each tree splits once, with two leaves


def test_svm_logits_are_the_margins_lost_against_other_classes(digits):
    train, labels, test, _ = digits
    machine = fitted("svm", train, labels)
    logits, margins = machine.logits(test), machine.model.decision_function(test)  # (N, pairs): 0-1, 0-2, ...
    for row in (0, 100, 200):
        lost = np.zeros(10)
        for margin, first, second in zip(margins[row], *np.triu_indices(10, 1), strict=True):
            lost[first if margin < 0 else second] -= abs(margin)
        np.testing.assert_allclose(logits[row], lost)
    undefeated = logits.max(1) == 0
    assert undefeated.mean() > 0.8
    np.testing.assert_array_equal(logits[undefeated].argmax(1), machine.model.predict(test)[undefeated])
    for machine.threads in (2, 1000):
        np.testing.assert_array_equal(machine.logits(test), logits)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_linear_discriminant_matches_bayes_rule_where_shrinkage_is_small(n_classes):
    generator = np.random.default_rng(0)
    labels = np.sqrt(generator.random(20_000) * n_classes**2).astype(int)  # class 0 is the smallest
    means, spread = generator.normal(size=(n_classes, 4)), generator.normal(size=(4, 4))
    inputs = (means[labels] + generator.normal(size=(20_000, 4)) @ spread).astype(np.float32)
    others = (means[labels[:500]] + generator.normal(size=(500, 4)) @ spread).astype(np.float32)
    shares = np.bincount(labels) / len(labels)
    means = np.stack([inputs[labels == label].mean(0, dtype=float) for label in range(n_classes)])
    deviations = inputs - means[labels]
    covariance = deviations.T @ deviations / len(labels)
    joint = np.stack([multivariate_normal(mean, covariance).logpdf(others) for mean in means], axis=1) + np.log(shares)
    logits = fitted("linear_discriminant", inputs, labels).logits(others)
    log_probabilities = [scores - logsumexp(scores, axis=1, keepdims=True) for scores in (logits, joint)]
    np.testing.assert_allclose(*log_probabilities, atol=0.01, rtol=0.02)


def test_linear_discriminant_shrinks_a_singular_covariance():
    """Without shrinkage the covariance is singular for 30 samples of 60 features, and at its worst for about 60."""
    generator, labels = np.random.default_rng(0), np.arange(230) % 2
    inputs = (generator.normal(size=(230, 60)) + 4 * np.eye(60)[labels]).astype(np.float32)
    for number in (30, 60):
        classifier = fitted("linear_discriminant", inputs[:number], labels[:number])
        assert (classifier.logits(inputs[60:]).argmax(1) == labels[60:]).mean() > 0.9
