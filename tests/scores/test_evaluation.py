"""What every evaluation writes: files that agree with each other and with the logits."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from vision.data.dataset import Samples
from vision.pipeline.files import load_arrays
from vision.pipeline.schema.studies import Evaluation
from vision.scores.calibration import fit_temperature
from vision.scores.estimate import Estimate, read_scores
from vision.scores.evaluation import write_evaluation
from vision.scores.losses import cross_entropy

NAMES = ["zero", "one", "two"]
SIZES = {"train": 120, "valid": 40, "test": 60}
MARGIN = Estimate(0.1, 0, 0.3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def written(folder):
    """Of logits that predict most labels: splits, logits, scores and tables; class 2 of the test part has no errors."""
    generator, splits, logits = np.random.default_rng(0), {}, {}
    for name, size in SIZES.items():
        labels = generator.permutation(np.arange(size) % 3)
        logits[name] = generator.normal(size=(size, 3)) + 2.0 * np.eye(3)[labels]
        splits[name] = Samples(np.zeros((size, 1, 2, 2), np.uint8), labels, generator.permutation(1000)[:size])
    logits["test"][splits["test"].labels == 2] = [0, 0, 5]
    write_evaluation(
        logits, splits, NAMES, {"parameters": 7, "diverged": True, "search": {"margin": MARGIN}},
        options=Evaluation(training_images=40, calibration_bins=5, resamples=100), seed=0,
        tables=folder / "tables", predictions=folder / "predictions.npz", metrics=folder / "metrics.json",
    )  # fmt: skip
    tables = {path.stem: pd.read_csv(path) for path in (folder / "tables").glob("*.csv")}
    return splits, logits, read_scores(folder / "tables/scores.csv"), tables


def test_scores_are_those_of_each_split(written):
    splits, logits, scores, _ = written
    assert scores["search.margin"] == MARGIN
    for name, part in splits.items():
        accuracy, loss = scores[f"{name}.accuracy"], cross_entropy(logits[name], part.labels).mean()
        assert accuracy.value == (logits[name].argmax(1) == part.labels).mean()
        assert accuracy.n == scores[f"{name}.images"].value == SIZES[name]
        assert scores[f"{name}.loss"].value == pytest.approx(loss)
    temperature = fit_temperature(logits["valid"], splits["valid"].labels)
    scaled_loss = cross_entropy(logits["test"] / temperature, splits["test"].labels).mean()
    assert scores["test.scaled.temperature"].value == pytest.approx(temperature, rel=1e-4)
    assert scores["test.scaled.loss"].value == pytest.approx(scaled_loss)
    assert scores["test.scaled.brier"] != scores["test.brier"]


def test_tables_are_of_the_test_part_and_agree_with_its_scores(written):
    splits, logits, scores, tables = written
    test, predicted = splits["test"], logits["test"].argmax(1)
    expected = confusion_matrix(test.labels, predicted)
    confusion = tables["confusion"].pivot(index="actual", columns="predicted", values="images").loc[NAMES, NAMES]
    np.testing.assert_array_equal(confusion, expected)
    classes, calibration, rows = tables["classes"], tables["calibration"], tables["misclassified"]
    assert classes["class"].tolist() == NAMES
    assert classes["correct"].sum() == scores["test.correct"].value == np.trace(expected)
    assert classes["f1"].mean() == pytest.approx(scores["test.macro_f1"].value)
    gaps = (calibration["confidence"] - calibration["accuracy"]) * calibration["images"]
    assert gaps.sum() / len(predicted) == pytest.approx(scores["test.confidence_gap"].value, abs=1e-7)
    assert [*zip(rows["split"], rows["class"], strict=True)] == [(name, c) for name in ("train", "test") for c in NAMES]
    for name, part in rows.groupby("split"):
        assert part["misclassified"].sum() == scores[f"{name}.images"].value - scores[f"{name}.correct"].value
    wrong = np.stack([test.indices, test.labels, predicted], 1)[predicted != test.labels]
    np.testing.assert_array_equal(tables["errors"][["image", "label", "predicted"]], wrong[np.argsort(wrong[:, 0])])


def test_predictions_and_metrics_agree_with_logits_and_scores(written, folder):
    splits, logits, scores, _ = written
    arrays, metrics = load_arrays(folder / "predictions.npz"), json.loads((folder / "metrics.json").read_text())
    about = arrays["parameters"], arrays["diverged"], arrays["temperature"]
    assert about == (7, True, scores["test.scaled.temperature"].value)
    for name in ("train", "test"):
        np.testing.assert_array_equal(arrays[f"{name}_logits"], logits[name].astype(np.float32))
        np.testing.assert_array_equal(arrays[f"{name}_labels"], splits[name].labels)
        np.testing.assert_array_equal(arrays[f"{name}_indices"], splits[name].indices)
    numbers = {name: scores[f"test.{name}"].value for name in ("accuracy", "loss", "ece")}
    numbers |= {"accuracy_low": scores["test.accuracy"].low, "accuracy_high": scores["test.accuracy"].high}
    assert metrics == {"diverged": True, "test": numbers, "valid": {"accuracy": scores["valid.accuracy"].value}}
