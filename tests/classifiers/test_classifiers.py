"""Classifiers: what all have in common, then each against SciPy, scikit-learn, and cases computed by hand."""

import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from vision.classifiers import make
from vision.pipeline.errors import UserError
from vision.pipeline.schema.hyper import ESTIMATORS

TWO_POINTS = np.repeat([[0.0], [1.0]], 20, axis=0).astype(np.float32), np.repeat([0, 1], 20)
HYPER = {
    "mean_image": {},
    "logistic_regression": {"inverse_penalty": 0.1, "iterations": 200},
    "random_forest": {"trees": 30},
    "knn": {"neighbours": 5},
    "svm": {"penalty": 10},
    "linear_discriminant": {},
}


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
    depends = (fitted(name, train, train_labels, seed=1).logits(test) != logits).any()
    assert depends == (name == "random_forest")

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


def test_unknown_classifier_is_refused():
    with pytest.raises(UserError, match=f"'boost' .*{', '.join(HYPER)}"):
        make("boost", {}, seed=0, threads=1)


@pytest.mark.parametrize(
    ("name", "count"), [("mean_image", 10 * 64), ("logistic_regression", 10 * 65), ("linear_discriminant", 10 * 65)]
)
def test_parameters_of_linear_classifiers(digits, name, count):
    assert fitted(name, *digits[:2]).n_parameters == count


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
    assert classifier.n_parameters == 3
    assert fitted("knn", pixels, labels, neighbours=3)
    with pytest.raises(UserError, match="neighbours is 4: must be at most 3"):
        fitted("knn", pixels, labels, neighbours=4)


def test_parameters_of_forest_and_svm():
    machine = fitted("svm", *TWO_POINTS, penalty=1e6)
    assert machine.n_parameters == 2 * len(machine.model.support_vectors_) + 1  # vectors, their weights and a bias
    forest = fitted("random_forest", *TWO_POINTS, trees=3)
    assert forest.n_parameters == 3 * (2 + 2)  # two groups on a line: each tree splits once, with two leaves


@pytest.mark.parametrize("n_classes", [3, 10])
def test_svm_logits_are_the_margins_lost_against_other_classes(digits, n_classes):
    train, labels, test, _ = digits
    chosen = labels < n_classes
    machine = fitted("svm", train[chosen], labels[chosen])
    logits, margins = machine.logits(test), machine.model.decision_function(test)  # (N, pairs): 0-1, 0-2, ...
    for row in (0, 100, 200):
        lost, of_pairs = np.zeros(n_classes), iter(margins[row])
        for first in range(n_classes):
            for second in range(first + 1, n_classes):
                margin = next(of_pairs)
                lost[first if margin < 0 else second] -= abs(margin)
        np.testing.assert_allclose(logits[row], lost)
    undefeated = logits.max(1) == 0
    assert undefeated.mean() > 0.8
    np.testing.assert_array_equal(logits[undefeated].argmax(1), machine.model.predict(test)[undefeated])
    for machine.threads in (2, 1000):
        np.testing.assert_array_equal(machine.logits(test), logits)


def normal_classes(n_classes, seed, n=20_000):
    """Samples of normal distributions with one covariance in four dimensions, and labels; class 0 is the largest."""
    generator = np.random.default_rng(seed)
    labels = generator.choice(n_classes, n, p=(shares := np.arange(n_classes, 0, -1)) / shares.sum())
    means, directions = np.random.default_rng(8).normal(size=(n_classes, 4)), np.random.default_rng(9)
    spread = np.linalg.qr(directions.normal(size=(4, 4)))[0] * [2, 1.5, 1, 0.7]
    return (means[labels] + generator.normal(size=(n, 4)) @ spread.T).astype(np.float32), labels


@pytest.mark.parametrize("n_classes", [2, 3])
def test_linear_discriminant_matches_bayes_rule_where_shrinkage_is_small(n_classes):
    (inputs, labels), others = normal_classes(n_classes, seed=0), normal_classes(n_classes, seed=1, n=500)[0]
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
