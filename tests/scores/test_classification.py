"""Scores of predictions, over all samples and by class: against scikit-learn, SciPy and by hand."""

import numpy as np
import pytest
from scipy.special import softmax
from sklearn import metrics

from vision.scores import classification as scores
from vision.scores.intervals import bootstrap, mean_interval, wilson_interval
from vision.scores.losses import cross_entropy

N_CLASSES = 4
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, N_CLASSES, 300)
LOGITS = (GENERATOR.normal(size=(300, N_CLASSES)) + 1.5 * np.eye(N_CLASSES)[LABELS]).astype(np.float32)
PREDICTIONS = LOGITS.argmax(1)


def test_summary_is_over_all_images():
    """Each image counts alike, in whatever batches it came (bug B1.1)."""
    found, losses = scores.summarise(LOGITS, LABELS), cross_entropy(LOGITS, LABELS)
    correct = int(300 * metrics.accuracy_score(LABELS, PREDICTIONS))
    assert (found["images"], found["correct"], found["accuracy"]) == (300, correct, correct / 300)
    assert (found["accuracy_low"], found["accuracy_high"]) == wilson_interval(correct, 300)
    assert found["loss"] == pytest.approx(metrics.log_loss(LABELS, softmax(LOGITS.astype(float), axis=1)))
    assert (found["loss_low"], found["loss_high"]) == mean_interval(losses)


def test_confusion_and_class_scores_are_scikit_learns():
    classes = range(N_CLASSES + 1)  # the last never occurs
    confusion = scores.confusion_matrix(LABELS, PREDICTIONS, len(classes))
    expected = metrics.confusion_matrix(LABELS, PREDICTIONS, labels=classes)
    np.testing.assert_array_equal(confusion, expected)
    reference = metrics.precision_recall_fscore_support(LABELS, PREDICTIONS, labels=classes, zero_division=0)
    for ours, theirs in zip(scores.precision_recall_f1(confusion), reference[:3], strict=True):
        np.testing.assert_allclose(ours, theirs)
    rows = scores.confusion_rows(confusion, list("abcde"))
    assert [row["images"] for row in rows if row["actual"] == "b" and row["predicted"] == "c"] == [expected[1, 2]]


def test_class_rows_have_their_intervals_also_where_nothing_was_predicted():
    confusion = np.array([[8, 2, 0, 0], [3, 4, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])
    rows = scores.per_class(confusion, resamples=200, seed=0)
    assert [[row[name] for name in ("images", "predicted", "correct")] for row in rows] == [
        [10, 11, 8], [7, 6, 4], [1, 1, 1], [0, 0, 0]
    ]  # fmt: skip
    for label, row in enumerate(rows):
        found = [[row[f"{name}{end}"] for end in ("", "_low", "_high")] for name in ("precision", "recall", "f1")]
        assert all(0 <= low <= value <= high <= 1 for value, low, high in found)
        if label < 3:
            assert found[0] == [row["correct"] / row["predicted"], *wilson_interval(row["correct"], row["predicted"])]
            assert found[1] == [row["correct"] / row["images"], *wilson_interval(row["correct"], row["images"])]
            assert found[2][0] == 2 * row["correct"] / (row["images"] + row["predicted"])
            assert found[2][1] < found[2][2]
        else:
            assert found[0] == found[1] == [0, 0, 1]  # nothing is known of it
            assert found[2] == [0, 0, 0]


def test_errors_are_described_as_by_hand():
    probabilities = np.array(
        [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.35, 0.6, 0.05], [0.8, 0.15, 0.05], [0.9, 0.06, 0.04]]
    )
    logits, labels, options = np.log(probabilities), np.array([0, 1, 0, 2, 0]), {"resamples": 200, "seed": 0}
    errors = scores.describe_errors(logits, labels, **options)  # wrong: the inner three
    for name, median, low, high in (("right", 0.8, 0.7, 0.9), ("wrong", 0.6, 0.6, 0.8)):
        found = [errors[f"median_confidence_{name}{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx([median, low, high])
    low, high = wilson_interval(2, 3)
    assert errors["true_class_second"] == {"images": 3, "share": pytest.approx(2 / 3), "low": low, "high": high}
    all_right = scores.describe_errors(logits[:1], np.array([0]), **options)
    assert not [key for key in all_right if "wrong" in key]
    assert all_right["true_class_second"] == {"images": 0}


def test_macro_f1_is_scikit_learns_and_its_interval_that_of_resampled_images():
    found = scores.macro_f1(scores.confusion_matrix(LABELS, PREDICTIONS, N_CLASSES), resamples=1000, seed=0)
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(LABELS, PREDICTIONS, average="macro"))

    def f1(chosen):
        table = scores.confusion_matrix(LABELS[chosen], PREDICTIONS[chosen], N_CLASSES)
        return scores.precision_recall_f1(table)[2].mean()

    drawn = bootstrap(f1, len(LABELS), 1000, seed=1)
    assert (found["macro_f1_low"], found["macro_f1_high"]) == pytest.approx(drawn, abs=0.01)


def test_misclassified_by_class_keeps_classes_without_errors():
    """Bug B3.9."""
    labels, predictions = np.array([0, 0, 0, 0, 2, 2, 3]), np.array([0, 1, 2, 0, 2, 2, 0])
    rows = scores.misclassified_by_class(labels, predictions, 5)
    found = [(row["class"], row["images"], row["misclassified"], row["share"]) for row in rows]
    assert found == [(0, 4, 2, 0.5), (1, 0, 0, 0), (2, 2, 0, 0), (3, 1, 1, 1), (4, 0, 0, 0)]
    intervals = [(row["share_low"], row["share_high"]) for row in rows]
    assert intervals[::2] == [wilson_interval(2, 4), wilson_interval(0, 2), (0, 1)]


def test_wrong_images_are_in_the_order_of_their_indices():
    logits = np.log([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.35, 0.6, 0.05], [0.12345, 0.8, 0.07655]])
    table = scores.wrong_images(logits, np.array([0, 1, 0, 2]), np.array([9, 8, 7, 5]))
    assert list(table) == ["image", "label", "predicted", "probability"]
    assert table.values.tolist() == [[5, 2, 1, 0.8], [7, 0, 1, 0.6], [8, 1, 2, 0.6]]
