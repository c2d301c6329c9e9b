"""Classifiers that are fitted: brute force, scikit-learn's own probabilities, and digits that they must tell apart."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from vision import baselines
from vision.pipeline.errors import UserError
from vision.scores import cross_entropy

HYPER = {
    "mean_image": {},
    "logistic_regression": {"inverse_penalty": 0.1, "iterations": 200},
    "random_forest": {"trees": 30},
    "knn": {"neighbours": 5},
    "svm": {"penalty": 10, "pca_components": 20},
}
N_TRAIN = 1200


@pytest.fixture(scope="module")
def digits():
    """Pixels in [0, 1] and labels, of training and of test digits."""
    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    pixels, labels = (pixels[order] / 16).astype(np.float32), labels[order]
    return pixels[:N_TRAIN], labels[:N_TRAIN], pixels[N_TRAIN:], labels[N_TRAIN:]


def fitted(name, pixels, labels, seed=0, **changes):
    estimator = baselines.make(name, {**HYPER[name], **changes}, seed=seed, threads=1)
    estimator.fit(pixels, labels)
    return estimator


def mistake(name, hyper):
    with pytest.raises(UserError) as caught:
        baselines.make(name, hyper, seed=0, threads=1)
    assert "\n" not in str(caught.value)
    assert " object at " not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("name", HYPER)
def test_every_estimator_learns_digits_and_repeats_itself(digits, name):
    assert HYPER.keys() == baselines.ESTIMATORS.keys()
    train, train_labels, test, labels = digits
    estimator = fitted(name, train, train_labels)
    logits = estimator.logits(test)
    assert logits.shape == (len(test), 10)
    assert np.issubdtype(logits.dtype, np.floating)
    assert np.isfinite(logits).all()
    assert (logits.argmax(1) == labels).mean() > (0.8 if name == "mean_image" else 0.85)
    assert np.isfinite(cross_entropy(logits, labels)).all()
    np.testing.assert_array_equal(fitted(name, train, train_labels).logits(test), logits)


@pytest.mark.parametrize("name", HYPER)
def test_two_classes_have_two_columns(digits, name):
    train, train_labels, test, labels = (part[:400] for part in digits)
    seen, judged = train_labels < 2, labels < 2
    logits = fitted(name, train[seen], train_labels[seen]).logits(test[judged])
    assert logits.shape == (judged.sum(), 2)
    assert (logits.argmax(1) == labels[judged]).mean() > 0.95


@pytest.mark.parametrize(
    ("name", "numbers"), [("mean_image", 10 * 64), ("logistic_regression", 10 * 65), ("knn", N_TRAIN * 64)]
)
def test_a_models_numbers_are_counted_by_hand(digits, name, numbers):
    assert fitted(name, *digits[:2]).n_numbers == numbers


def test_the_numbers_of_trees_and_support_vectors_are_what_they_are_made_of():
    # Two groups on a line: a tree has a pixel, a threshold and two leaves; the machine one vector from each group.
    pixels, labels = np.array([[0.0]] * 20 + [[1.0]] * 20, np.float32), np.repeat([0, 1], 20)
    assert fitted("random_forest", pixels, labels, trees=3).n_numbers == 3 * (2 + 2)
    vectors = fitted("svm", pixels, labels, penalty=1e6)
    machine = vectors.model[-1]
    assert vectors.n_numbers == 1 + 1 + 2 * len(machine.support_vectors_) + 1  # component, mean; vectors, duals; bias


def test_a_support_vector_machine_scores_a_class_by_what_it_loses_its_duels_by(digits):
    train, train_labels, test, _ = digits
    estimator = fitted("svm", train, train_labels)
    logits, duels = estimator.logits(test), estimator.model.decision_function(test)  # (N, 45): 0-1, 0-2, ..., 8-9
    for image in (0, 100, 500):
        lost = [0.0] * 10
        for first in range(10):
            for second in range(first + 1, 10):
                margin = duels[image, 9 * first - first * (first - 1) // 2 + second - first - 1]
                lost[first if margin < 0 else second] -= abs(margin)
        np.testing.assert_allclose(logits[image], lost)
    undefeated = logits.max(1) == 0
    assert undefeated.mean() > 0.9
    np.testing.assert_array_equal(logits[undefeated].argmax(1), estimator.model.predict(test)[undefeated])


def test_nearest_mean_is_that_of_brute_force(digits):
    train, train_labels, test, _ = digits
    logits = fitted("mean_image", train, train_labels).logits(test[:50])
    for image, row in zip(test[:50], logits, strict=True):
        for label, logit in enumerate(row):
            mean = train[train_labels == label].astype(float).sum(0) / (train_labels == label).sum()
            assert logit == pytest.approx(-sum(abs(a - b) for a, b in zip(image, mean, strict=True)), rel=1e-4)


def test_probabilities_of_logistic_regression_are_scikit_learns(digits):
    train, train_labels, test, _ = digits
    reference = LogisticRegression(C=0.1, max_iter=200).fit(train, train_labels)
    found = softmax(fitted("logistic_regression", train, train_labels).logits(test), axis=1)
    np.testing.assert_allclose(found, reference.predict_proba(test), atol=1e-6)
    two = train_labels < 2
    reference = LogisticRegression(C=0.1, max_iter=200).fit(train[two], train_labels[two])
    found = softmax(fitted("logistic_regression", train[two], train_labels[two]).logits(test), axis=1)
    np.testing.assert_allclose(found, reference.predict_proba(test), atol=1e-6)


def test_a_neighbours_vote_weighs_the_inverse_of_its_distance():
    pixels, labels = np.array([[0.0], [3.0], [9.0]]), np.array([0, 1, 1])
    logits = fitted("knn", pixels, labels, neighbours=2).logits(np.array([[1.0]]))
    # At distances 1 and 2, votes of 2/3 and 1/3; two voters, and a third that is spread.
    np.testing.assert_allclose(np.exp(logits), [[(2 * 2 / 3 + 1 / 2) / 3, (2 / 3 + 1 / 2) / 3]])


def test_more_neighbours_than_images_are_the_users_error(digits):
    assert fitted("knn", *(part[:5] for part in digits[:2]))
    with pytest.raises(UserError, match="neighbours is 5: must be at most 4"):
        fitted("knn", *(part[:4] for part in digits[:2]))


@pytest.mark.parametrize(
    ("name", "changes", "key"),
    [
        ("knn", {"neighbours": 0}, "neighbours"),
        ("knn", {"neighbours": 2.5}, "neighbours"),
        ("knn", {"k": 5}, "k"),
        ("mean_image", {"trees": 1}, "trees"),
        ("random_forest", {"trees": "many"}, "trees"),
        ("logistic_regression", {"inverse_penalty": -1}, "inverse_penalty"),
        ("logistic_regression", {"inverse_penalty": "line\nbreak"}, "inverse_penalty"),
        ("svm", {"penalty": float("inf")}, "penalty"),
        ("svm", {"pca_components": None}, "pca_components"),
    ],
    ids=str,
)
def test_a_wrong_hyper_parameter_is_one_line_with_the_key_and_the_value(name, changes, key):
    assert mistake(name, {**HYPER[name], **changes}).startswith(f"estimator {name}: {key} is {changes[key]!r}: ")


def test_an_unknown_estimator_is_told_the_allowed_ones():
    assert mistake("boost", {}) == f"unknown estimator 'boost'; allowed: {', '.join(HYPER)}"


def test_a_missing_hyper_parameter_is_named():
    assert mistake("knn", {}).startswith("estimator knn: neighbours is missing")


@pytest.mark.parametrize("key", ["seed", "threads", "self"])
def test_what_the_project_sets_itself_is_no_hyper_parameter(key):
    assert mistake("knn", {"neighbours": 5, key: 3}).startswith(f"estimator knn: {key} is 3: ")
