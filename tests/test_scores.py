"""The scores, against torch, scikit-learn, scipy, plain loops and published intervals."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics

from vision import scores

N_CLASSES = 4
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.integers(0, N_CLASSES, 300)
LOGITS = (GENERATOR.normal(size=(300, N_CLASSES)) + 1.5 * np.eye(N_CLASSES)[LABELS]).astype(np.float32)
PREDICTIONS = LOGITS.argmax(1)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.mark.parametrize("scale", [1, 1000])
def test_cross_entropy_is_torchs(scale):
    logits = scale * LOGITS.astype(float)
    expected = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(LABELS), reduction="none")
    np.testing.assert_allclose(scores.cross_entropy(logits, LABELS), expected.numpy(), rtol=1e-10, atol=1e-10)


def test_cross_entropy_of_row_p8_is_that_worked_by_hand():
    logits = np.array([[5.0] + [1] * 9] * 2)
    probabilities = np.exp(logits[0]) / np.exp(logits[0]).sum()
    assert probabilities[:2].round(4).tolist() == [0.8585, 0.0157]
    # The document's 4.154 is the logarithm of its rounded 0.0157 (bug B1.7).
    assert scores.cross_entropy(logits, np.array([0, 7])).round(4).tolist() == [0.1526, 4.1526]


@pytest.mark.parametrize(
    ("correct", "low", "high"), [(9932, 0.9914, 0.9946), (9837, 0.9810, 0.9860), (9231, 0.9177, 0.9282)]
)
def test_wilson_interval_gives_known_values(correct, low, high):
    assert scores.wilson_interval(correct, 10_000) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(("correct", "images"), [(0, 1), (1, 1), (0, 20), (20, 20), (7, 20)])
def test_wilson_interval_holds_its_proportion_inside_0_and_1(correct, images):
    low, high = scores.wilson_interval(correct, images)
    assert 0 <= low <= correct / images <= high <= 1
    assert low < high


def test_summary_weighs_every_image_alike():
    parts = [scores.summarise(LOGITS[part], LABELS[part]) for part in (slice(7), slice(7, None))]
    whole = scores.summarise(LOGITS, LABELS)
    for key in ("accuracy", "loss"):
        assert whole[key] == pytest.approx((7 * parts[0][key] + 293 * parts[1][key]) / 300)
        assert whole[f"{key}_low"] < whole[key] < whole[f"{key}_high"]


def test_intervals_of_means_are_scipys(generator):
    values = generator.normal(5, 2, 40)
    mean, error = values.mean(), stats.sem(values)
    assert scores.mean_interval(values) == pytest.approx((mean - 1.959964 * error, mean + 1.959964 * error))
    few = scores.over_seeds(values[:3])
    assert (few["mean"], few["std"]) == pytest.approx((np.mean(values[:3]), np.std(values[:3], ddof=1)))
    expected = stats.ttest_1samp(values[:3], 0).confidence_interval(0.95)
    assert (few["low"], few["high"]) == pytest.approx((expected.low, expected.high))
    assert scores.over_seeds(values[:3], largest=few["mean"]) == few | {"high": few["mean"]}


def test_bootstrap_of_a_mean_agrees_with_its_formula_and_repeats_itself(generator):
    values = generator.normal(size=400)
    intervals = [scores.bootstrap(lambda chosen: values[chosen].mean(), 400, 2000, seed=1) for _ in range(2)]
    assert intervals[0] == intervals[1]
    assert intervals[0] == pytest.approx(scores.mean_interval(values), abs=0.02)


def test_proportion_of_nothing_is_only_its_count():
    assert scores.proportion(np.zeros(0, bool)) == {"images": 0}
    assert scores.proportion(np.array([True, False, True, True]))["share"] == 0.75


def test_check_joined_refuses_another_order():
    scores.check_joined(np.arange(5), np.arange(5))
    for other in (np.arange(5)[::-1], np.arange(4)):
        with pytest.raises(ValueError, match="different splits"):
            scores.check_joined(np.arange(5), other)


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

    drawn = scores.bootstrap(f1, len(LABELS), 2000, seed=1)
    assert (found["macro_f1_low"], found["macro_f1_high"]) == pytest.approx(drawn, abs=0.01)


def test_power_law_without_noise_is_found_exactly():
    x = np.array([10.0, 20, 40, 80])
    law = scores.fit_power_law(x, 3 * x**-0.4)
    assert (law.factor, law.exponent, law.per_decade) == pytest.approx((3, -0.4, 10**-0.4))


def test_power_law_interval_covers_the_truth_19_times_in_20():
    x, generator = np.repeat([1.0, 2, 4, 8], 3), np.random.default_rng(0)
    laws = [scores.fit_power_law(x, x**0.5 * np.exp(generator.normal(0, 0.2, len(x)))) for _ in range(1500)]
    covered = np.mean([law.exponent_low <= 0.5 <= law.exponent_high for law in laws])
    assert 0.93 < covered < 0.97
    assert all(law.per_decade_low <= law.per_decade <= law.per_decade_high for law in laws)
