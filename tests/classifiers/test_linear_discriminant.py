"""Linear discriminant analysis, against its closed form where the samples are many and shrinkage is therefore small."""

import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from scipy.stats import multivariate_normal

from vision.classifiers.linear_discriminant import LinearDiscriminant

N, D = 20_000, 4
SPREAD = np.linalg.qr(np.random.default_rng(9).normal(size=(D, D)))[0] * [2, 1.5, 1, 0.7]  # D x D, of all classes


def drawn(n_classes, seed, n=N):
    """Samples of normal distributions of one covariance, and labels: of class 0 there are most."""
    generator = np.random.default_rng(seed)
    labels = generator.choice(n_classes, n, p=(shares := np.arange(n_classes, 0, -1)) / shares.sum())
    means = np.random.default_rng(8).normal(size=(n_classes, D))
    return (means[labels] + generator.normal(size=(n, D)) @ SPREAD.T).astype(np.float32), labels


def fitted(inputs, labels):
    classifier = LinearDiscriminant(seed=0, threads=1)
    classifier.fit(inputs, labels)
    return classifier


def closed_form(inputs, labels, others):
    """Log-probabilities by Bayes' rule from the classes' shares and means and the pooled covariance (Fisher, 1936)."""
    shares = np.bincount(labels) / len(labels)
    means = np.stack([inputs[labels == label].mean(0, dtype=float) for label in range(len(shares))])
    deviations = inputs - means[labels]
    covariance = deviations.T @ deviations / len(labels)
    joint = [multivariate_normal(mean, covariance).logpdf(others) for mean in means]
    joint = np.stack(joint, axis=1) + np.log(shares)
    return joint - logsumexp(joint, axis=1, keepdims=True)


@pytest.mark.parametrize("n_classes", [2, 3, 7])
def test_of_many_samples_probabilities_are_those_of_the_closed_form(n_classes):
    train, others = drawn(n_classes, seed=0), drawn(n_classes, seed=1, n=500)[0]
    logits = fitted(*train).logits(others)
    assert logits.shape == (500, n_classes)
    expected = closed_form(*train, others)
    np.testing.assert_allclose(logits - logsumexp(logits, axis=1, keepdims=True), expected, atol=0.01, rtol=0.02)
    assert (logits.argmax(1) == expected.argmax(1)).mean() > 0.99


def test_probabilities_mean_what_they_say():
    """Of samples that are drawn as it supposes, each class's mean probability is its share, whatever is predicted."""
    classifier, (others, labels) = fitted(*drawn(3, seed=0)), drawn(3, seed=1)
    probabilities = softmax(classifier.logits(others), axis=1)
    for label in range(3):
        for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1)):
            inside = (low <= probabilities[:, label]) & (probabilities[:, label] < high)
            assert inside.sum() > 50
            error = 0.5 / np.sqrt(inside.sum())
            assert (labels[inside] == label).mean() == pytest.approx(probabilities[inside, label].mean(), abs=4 * error)


def test_few_samples_of_many_numbers_have_a_covariance_that_can_be_inverted():
    """Shrunk as far as Ledoit and Wolf (2004) say: the plain one of 30 samples in 60 dimensions has no inverse."""
    generator, labels = np.random.default_rng(0), np.arange(230) % 2
    inputs = (generator.normal(size=(230, 60)) + 4 * np.eye(60)[labels]).astype(np.float32)
    classifier = fitted(inputs[:30], labels[:30])
    assert (classifier.logits(inputs[30:]).argmax(1) == labels[30:]).mean() > 0.9
    for number in (59, 60, 61):  # of samples; without shrinkage it is at its worst here
        assert (fitted(inputs[:number], labels[:number]).logits(inputs[61:]).argmax(1) == labels[61:]).mean() > 0.9


def test_a_linear_change_of_units_changes_no_class():
    """But for shrinkage, which knows units: of many samples there is hardly any."""
    (inputs, labels), others = drawn(3, seed=0), drawn(3, seed=1, n=500)[0]
    matrix = np.random.default_rng(7).normal(size=(D, D))
    found, again = fitted(inputs, labels).logits(others), fitted(inputs @ matrix, labels).logits(others @ matrix)
    np.testing.assert_allclose(softmax(again, axis=1), softmax(found, axis=1), atol=0.01)


@pytest.mark.parametrize(("n_classes", "n_parameters"), [(3, 3 * (D + 1)), (2, D + 1)])
def test_its_numbers_are_the_weights_and_biases_of_the_planes(n_classes, n_parameters):
    assert fitted(*drawn(n_classes, seed=0)).n_parameters == n_parameters
