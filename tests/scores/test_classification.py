"""Scores of predictions, over all samples and by class: against scikit-learn, SciPy and by hand."""

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn import metrics

from vision.scores import classification as scores
from vision.scores.intervals import bootstrap, mean_estimate, wilson_interval
from vision.scores.losses import cross_entropy

N_CLASSES = 4
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, N_CLASSES, 300)
LOGITS = (GENERATOR.normal(size=(300, N_CLASSES)) + 1.5 * np.eye(N_CLASSES)[LABELS]).astype(np.float32)
PREDICTIONS = LOGITS.argmax(1)
OPTIONS = {"resamples": 200, "seed": 0}


def test_summary_is_over_all_images():
    """Each image has the same weight, whatever its batch (bug B1.1)."""
    summary = scores.summarise(LOGITS, LABELS)
    correct = int(300 * metrics.accuracy_score(LABELS, PREDICTIONS))
    loss = metrics.log_loss(LABELS, softmax(LOGITS.astype(float), axis=1))
    assert (summary["images"], summary["correct"]) == (300, correct)
    assert summary["accuracy"][:4] == (correct / 300, *wilson_interval(correct, 300), 300)
    assert summary["loss"][:3] == (pytest.approx(loss), *mean_estimate(cross_entropy(LOGITS, LABELS))[1:3])


def test_confusion_and_class_scores_match_scikit_learn():
    classes = range(N_CLASSES + 1)  # the last never occurs
    confusion = scores.confusion_matrix(LABELS, PREDICTIONS, len(classes))
    expected = metrics.confusion_matrix(LABELS, PREDICTIONS, labels=classes)
    np.testing.assert_array_equal(confusion, expected)
    reference = metrics.precision_recall_fscore_support(LABELS, PREDICTIONS, labels=classes, zero_division=0)
    for ours, theirs in zip(scores.precision_recall_f1(confusion), reference[:3], strict=True):
        np.testing.assert_allclose(ours, theirs)


def test_class_rows_have_intervals_also_where_nothing_was_predicted():
    confusion = np.array([[8, 2, 0, 0], [3, 4, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    rows = scores.per_class(confusion, **OPTIONS)
    counts = [(10, 11, 8), (7, 6, 4), (1, 1, 1), (0, 0, 0)]
    assert [(row["images"], row["predicted"], row["correct"]) for row in rows] == counts
    for row, (images, predicted, correct) in zip(rows, counts, strict=True):
        values = tuple(row.values())[4:]
        f1 = values[6:]
        assert values[:3] == (correct / max(predicted, 1), *wilson_interval(correct, predicted))
        assert values[3:6] == (correct / max(images, 1), *wilson_interval(correct, images))
        assert f1[0] == 2 * correct / max(images + predicted, 1)
        assert f1[1] < f1[2] if images else f1 == (0, 0, 0)


def test_macro_f1_matches_scikit_learn_and_its_interval_resampled_images():
    estimate = scores.macro_f1(scores.confusion_matrix(LABELS, PREDICTIONS, N_CLASSES), resamples=1000, seed=0)
    assert estimate.value == pytest.approx(metrics.f1_score(LABELS, PREDICTIONS, average="macro"))

    def f1(chosen):
        table = scores.confusion_matrix(LABELS[chosen], PREDICTIONS[chosen], N_CLASSES)
        return scores.precision_recall_f1(table)[2].mean()

    assert estimate[1:3] == pytest.approx(bootstrap(f1, 300, 1000, seed=1), abs=0.01)


def test_errors_are_described_as_by_hand():
    rows = [0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.35, 0.6, 0.05], [0.8, 0.15, 0.05], [0.9, 0.06, 0.04]
    logits, labels = np.log(rows), np.array([0, 1, 0, 2, 0])
    errors = scores.describe_errors(logits, labels, **OPTIONS)  # wrong: the inner three
    assert errors["median_confidence_right"][:4] == pytest.approx((0.8, 0.7, 0.9, 2))
    assert errors["median_confidence_wrong"][:4] == pytest.approx((0.6, 0.6, 0.8, 3))
    assert errors["true_class_second"][:4] == pytest.approx((2 / 3, *wilson_interval(2, 3), 3))
    all_right = scores.describe_errors(logits[:1], np.array([0]), **OPTIONS)
    assert all_right["true_class_second"] is all_right.get("median_confidence_wrong") is None


def test_misclassified_by_class_includes_classes_without_errors():
    """Bug B3.9."""
    labels, predictions = np.array([0, 0, 0, 0, 2, 2, 3]), np.array([0, 1, 2, 0, 2, 2, 0])
    rows = [tuple(row.values()) for row in scores.misclassified_by_class(labels, predictions, 5)]
    assert [row[:4] for row in rows] == [(0, 4, 2, 0.5), (1, 0, 0, 0), (2, 2, 0, 0), (3, 1, 1, 1), (4, 0, 0, 0)]
    assert [row[4:] for row in rows[::2]] == [wilson_interval(2, 4), wilson_interval(0, 2), (0, 1)]


def test_wrong_images_are_ordered_by_index_with_both_probabilities():
    logits = np.log([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.35, 0.6, 0.05], [0.12345, 0.8, 0.07655]])
    table = scores.wrong_images(logits, np.array([0, 1, 0, 2]), np.array([9, 8, 7, 5]))
    assert list(table) == ["image", "label", "predicted", "probability", "true_probability"]
    assert table.values.tolist() == [[5, 2, 1, 0.8, 0.0766], [7, 0, 1, 0.6, 0.35], [8, 1, 2, 0.6, 0.3]]


def test_cross_entropy_is_torchs_also_for_large_logits():
    generator = np.random.default_rng(0)
    logits, labels = np.logspace(0, 3, 100)[:, None] * generator.normal(size=(100, 4)), generator.integers(0, 4, 100)
    expected = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels), reduction="none")
    np.testing.assert_allclose(cross_entropy(logits, labels), expected.numpy(), rtol=1e-10, atol=1e-10)


def test_cross_entropy_of_row_p8_is_that_worked_by_hand():
    logits = np.array([[5.0] + [1] * 9] * 2)
    # The document's 4.154 is the logarithm of its rounded 0.0157 (bug B1.7).
    assert cross_entropy(logits, np.array([0, 7])).round(4).tolist() == [0.1526, 4.1526]
