"""The support vector machine: its scores, by hand, and on principal components as in one pipeline of scikit-learn."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from vision.classifiers.svm import SupportVectors
from vision.data.dataset import Samples
from vision.features.principal_components import PrincipalComponents


def fitted(inputs, labels, penalty=10):
    machine = SupportVectors(penalty=penalty, seed=0, threads=1)
    machine.fit(inputs, labels)
    return machine


def test_the_number_of_threads_changes_no_bit(digits):
    train, train_labels, test, _ = digits
    machine = fitted(train[:300], train_labels[:300])
    alone = machine.logits(test[:50])
    for machine.threads in (2, 7, 64):
        np.testing.assert_array_equal(machine.logits(test[:50]), alone)


def lost_duels(duels, n_classes):
    """What each class loses by, of one image, from the margins of its pairs 0-1, 0-2, ..."""
    lost, margins = [0.0] * n_classes, iter(duels)
    for first in range(n_classes):
        for second in range(first + 1, n_classes):
            margin = next(margins)
            lost[first if margin < 0 else second] -= abs(margin)
    return lost


def test_it_scores_a_class_by_what_it_loses_its_duels_by(digits):
    train, train_labels, test, _ = digits
    machine = fitted(train, train_labels)
    logits, duels = machine.logits(test), machine.model.decision_function(test)  # (N, 45)
    for image in (0, 100, 500):
        np.testing.assert_allclose(logits[image], lost_duels(duels[image], 10))
    undefeated = logits.max(1) == 0
    assert undefeated.mean() > 0.9
    np.testing.assert_array_equal(logits[undefeated].argmax(1), machine.model.predict(test)[undefeated])


@pytest.mark.parametrize("n_classes", [3, 10])
def test_on_principal_components_it_is_the_pipeline_of_both(digits, n_classes):
    train, train_labels, test, test_labels = digits
    seen, judged = train_labels < n_classes, test_labels < n_classes
    parts = [(train[seen], train_labels[seen]), (test[judged], test_labels[judged])]
    learned, others = (
        Samples(np.rint(255 * rows).astype(np.uint8).reshape(-1, 1, 8, 8), labels, np.arange(len(labels)))
        for rows, labels in parts
    )
    representation = PrincipalComponents(components=20, seed=0, threads=1, device="cpu")
    machine = fitted(representation.fit_transform(learned), learned.labels)
    logits = machine.logits(representation.transform(others))

    components = PCA(20, svd_solver="covariance_eigh")
    reference = make_pipeline(components, SVC(C=10, decision_function_shape="ovo"))
    reference.fit(learned.inputs.reshape(-1, 64) / np.float32(255), learned.labels)
    duels = reference.decision_function(others.inputs.reshape(-1, 64) / np.float32(255))
    np.testing.assert_array_equal(logits, [lost_duels(row, n_classes) for row in duels])
    kept = sum(array.size for array in (reference[-1].support_vectors_, reference[-1].dual_coef_, components.mean_))
    kept += components.components_.size + reference[-1].intercept_.size
    assert machine.n_parameters + representation.n_parameters == kept


def test_its_numbers_are_support_vectors_their_weights_and_a_bias():
    inputs, labels = np.array([[0.0]] * 20 + [[1.0]] * 20, np.float32), np.repeat([0, 1], 20)
    machine = fitted(inputs, labels, penalty=1e6)
    assert machine.n_parameters == 2 * len(machine.model.support_vectors_) + 1
