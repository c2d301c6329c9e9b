"""Logistic regression, against scikit-learn's own probabilities."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn import linear_model

from vision.classifiers.logistic_regression import LogisticRegression


@pytest.mark.parametrize(("n_classes", "n_parameters"), [(10, 10 * 65), (2, 65)])
def test_probabilities_are_scikit_learns(digits, n_classes, n_parameters):
    train, labels, test, _ = digits
    seen = labels < n_classes
    classifier = LogisticRegression(inverse_penalty=0.1, iterations=200, seed=0, threads=1)
    classifier.fit(train[seen], labels[seen])
    reference = linear_model.LogisticRegression(C=0.1, max_iter=200).fit(train[seen], labels[seen])
    found = softmax(classifier.logits(test), axis=1)
    np.testing.assert_allclose(found, reference.predict_proba(test), atol=1e-6)
    assert classifier.n_parameters == n_parameters
