"""Scores of predictions, over all samples and by class: against scikit-learn, plain loops and by hand."""

import itertools

import numpy as np
import pytest
from sklearn import metrics

from vision.scores import classification as scores
from vision.scores.intervals import bootstrap, wilson_interval

N_CLASSES = 4
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, N_CLASSES, 300)
LOGITS = (GENERATOR.normal(size=(300, N_CLASSES)) + 1.5 * np.eye(N_CLASSES)[LABELS]).astype(np.float32)
PREDICTIONS = LOGITS.argmax(1)


def test_summary_weighs_every_image_alike():
    parts = [scores.summarise(LOGITS[part], LABELS[part]) for part in (slice(7), slice(7, None))]
    whole = scores.summarise(LOGITS, LABELS)
    for key in ("accuracy", "loss"):
        assert whole[key] == pytest.approx((7 * parts[0][key] + 293 * parts[1][key]) / 300)
        assert whole[f"{key}_low"] < whole[key] < whole[f"{key}_high"]


def test_confusion_and_class_scores_are_scikit_learns():
    confusion = scores.confusion_matrix(LABELS, PREDICTIONS, N_CLASSES + 1)  # the last class never occurs
    expected = metrics.confusion_matrix(LABELS, PREDICTIONS, labels=range(N_CLASSES + 1))
    np.testing.assert_array_equal(confusion, expected)
    reference = metrics.precision_recall_fscore_support(
        LABELS, PREDICTIONS, labels=range(N_CLASSES + 1), zero_division=0
    )
    for ours, theirs in zip(scores.precision_recall_f1(confusion), reference[:3], strict=True):
        np.testing.assert_allclose(ours, theirs)
    rows = scores.confusion_rows(confusion, list("abcde"))
    assert [row["images"] for row in rows if row["actual"] == "b" and row["predicted"] == "c"] == [expected[1, 2]]


@pytest.mark.parametrize("confusion", [[[9, 1], [4, 6]], [[5, 0], [5, 0]], [[8, 0, 0], [0, 7, 0], [0, 0, 0]]], ids=str)
def test_class_intervals_hold_their_values_also_where_nothing_was_predicted(confusion):
    rows = scores.per_class(np.array(confusion), resamples=200, seed=0)
    assert np.isfinite([list(row.values()) for row in rows]).all()
    for row in rows:
        for name in ("precision", "recall", "f1"):
            assert 0 <= row[f"{name}_low"] <= row[name] <= row[f"{name}_high"] <= 1
    assert sum(row["images"] for row in rows) == sum(row["predicted"] for row in rows) == np.sum(confusion)


def test_errors_are_described_as_by_hand():
    probabilities = np.array(
        [[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.35, 0.6, 0.05], [0.8, 0.15, 0.05], [0.9, 0.06, 0.04]]
    )
    options = {"resamples": 200, "seed": 0}
    errors = scores.describe_errors(
        np.log(probabilities), np.array([0, 1, 0, 2, 0]), **options
    )  # wrong: the inner three
    for name, median, low, high in (("right", 0.8, 0.7, 0.9), ("wrong", 0.6, 0.6, 0.8)):
        found = [errors[f"median_confidence_{name}{end}"] for end in ("", "_low", "_high")]
        assert found == pytest.approx([median, low, high])
    assert errors["true_class_second"]["images"] == 3
    assert errors["true_class_second"]["share"] == pytest.approx(2 / 3)
    all_right = scores.describe_errors(np.log(probabilities[:1]), np.array([0]), **options)
    assert not [key for key in all_right if "wrong" in key]
    assert all_right["true_class_second"] == {"images": 0}


def test_macro_f1_is_scikit_learns_and_its_interval_that_of_images_drawn_anew():
    found = scores.macro_f1(scores.confusion_matrix(LABELS, PREDICTIONS, N_CLASSES), resamples=2000, seed=0)
    assert found["macro_f1"] == pytest.approx(metrics.f1_score(LABELS, PREDICTIONS, average="macro"))

    def f1(chosen):
        table = scores.confusion_matrix(LABELS[chosen], PREDICTIONS[chosen], N_CLASSES)
        return scores.precision_recall_f1(table)[2].mean()

    drawn = bootstrap(f1, len(LABELS), 2000, seed=1)
    assert (found["macro_f1_low"], found["macro_f1_high"]) == pytest.approx(drawn, abs=0.01)


def test_errors_by_class_are_counted_and_classes_without_any_are_kept():
    labels, predictions = np.array([0, 0, 0, 0, 2, 2, 3]), np.array([0, 1, 2, 0, 2, 2, 0])
    rows = scores.misclassified_by_class(labels, predictions, 5)
    found = [(row["class"], row["images"], row["misclassified"], row["share"]) for row in rows]
    assert found == [(0, 4, 2, 0.5), (1, 0, 0, 0), (2, 2, 0, 0), (3, 1, 1, 1), (4, 0, 0, 0)]


def test_errors_by_class_sum_to_all_errors_and_their_intervals_are_wilsons():
    generator = np.random.default_rng(0)
    labels, predictions = generator.integers(0, 4, (2, 300))
    rows = scores.misclassified_by_class(labels, predictions, 5)
    assert sum(row["misclassified"] for row in rows) == (labels != predictions).sum()
    assert sum(row["images"] for row in rows) == 300
    for row in itertools.islice(rows, 4):
        interval = wilson_interval(row["misclassified"], row["images"])
        assert (row["share_low"], row["share_high"]) == interval
        assert row["share"] == pytest.approx(row["misclassified"] / row["images"])
    assert (rows[4]["share_low"], rows[4]["share_high"]) == (0, 1)  # nothing is known of a class without images
