"""What every evaluation writes: files that agree with each other and with the logits."""

import numpy as np
import pandas as pd
import pytest

from vision.data.dataset import Samples
from vision.pipeline.files import load_arrays
from vision.pipeline.schema.studies import Evaluation
from vision.pipeline.tables import read_metrics
from vision.results.evaluation import write_evaluation
from vision.results.tables import write_table
from vision.scores.classification import wrong_images
from vision.scores.losses import cross_entropy
from vision.scores.temperature import fit_temperature

NAMES = ["zero", "one", "two"]
TABLES = ["confusion", "classes", "calibration", "misclassified", "errors"]
SIZES = {"train": 120, "valid": 40, "test": 60}


def split(name, generator):
    """Labels, and logits that know them but for some; class 2 of the test part has no errors."""
    labels = generator.permutation(np.arange(SIZES[name]) % 3)
    logits = generator.normal(size=(len(labels), 3)) + 2.0 * np.eye(3)[labels]
    if name == "test":
        logits[labels == 2] = [0, 0, 5]
    images = np.zeros((len(labels), 1, 2, 2), np.uint8)
    return Samples(images, labels, generator.permutation(1000)[: len(labels)]), logits


def write(folder, about=None):
    generator = np.random.default_rng(0)
    parts = {name: split(name, generator) for name in SIZES}
    splits, logits = ({name: part[place] for name, part in parts.items()} for place in (0, 1))
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    paths |= {"metrics": folder / "metrics.json", "predictions": folder / "predictions.npz"}
    options = Evaluation(calibration_bins=5, resamples=100)
    write_evaluation(logits, splits, NAMES, {"parameters": 7, **(about or {})}, options=options, seed=0, **paths)
    return splits, logits, paths


def numbers(value):
    """Every number in nested metrics."""
    return [number for inner in value.values() for number in numbers(inner)] if isinstance(value, dict) else [value]


@pytest.fixture
def written(tmp_path):
    splits, logits, paths = write(tmp_path)
    return splits, logits, read_metrics(paths["metrics"]), {name: pd.read_csv(paths[name]) for name in TABLES}


def test_metrics_are_finite_and_each_splits_own(written):
    splits, logits, metrics, _ = written
    assert list(metrics) == ["parameters", "train", "valid", "test"]
    assert np.isfinite(numbers(metrics)).all()
    for name, part in splits.items():
        found = metrics[name]
        assert found["correct"] == (logits[name].argmax(1) == part.labels).sum()
        assert found["images"] == SIZES[name]
        assert found["accuracy"] == found["correct"] / found["images"]
        assert found["loss"] == pytest.approx(cross_entropy(logits[name], part.labels).mean())


def test_what_is_known_about_the_model_comes_first(tmp_path):
    _, _, paths = write(tmp_path, {"score_temperature": 2.5})
    metrics = read_metrics(paths["metrics"])
    assert list(metrics.items())[:2] == [("parameters", 7), ("score_temperature", 2.5)]


def test_the_tables_are_of_the_test_part_and_agree_with_its_metrics(written):
    splits, logits, metrics, tables = written
    test, predicted = metrics["test"], logits["test"].argmax(1)
    confusion = tables["confusion"].pivot(index="actual", columns="predicted", values="images").loc[NAMES, NAMES]
    for actual, predictions in enumerate(NAMES):
        for column, name in enumerate(NAMES):
            expected = ((splits["test"].labels == actual) & (predicted == column)).sum()
            assert confusion.loc[predictions, name] == expected
    classes = tables["classes"]
    assert classes["class"].tolist() == NAMES
    assert classes["correct"].sum() == test["correct"] == np.trace(confusion)
    assert classes["f1"].mean() == pytest.approx(test["macro_f1"])
    calibration = tables["calibration"]
    assert calibration["images"].sum() == test["images"]
    gaps = (calibration["confidence"] - calibration["accuracy"]) * calibration["images"]
    assert gaps.sum() / test["images"] == pytest.approx(test["confidence_gap"], abs=1e-7)


def test_every_model_is_judged_as_it_is_and_with_the_temperature_of_the_validation_images(written):
    splits, logits, metrics, _ = written
    raw, scaled = metrics["test"], metrics["test"]["scaled"]
    temperature = fit_temperature(logits["valid"], splits["valid"].labels)
    assert scaled["temperature"] == pytest.approx(temperature, rel=1e-4)
    assert scaled["loss"] == pytest.approx(cross_entropy(logits["test"] / temperature, splits["test"].labels).mean())
    measures = ("brier", "confidence_gap", "ece", "ece_null")
    keys = {f"{name}{end}" for name in measures for end in ("", "_low", "_high")} | {"ece_p"}
    assert keys <= raw.keys()
    assert scaled.keys() == keys | {"temperature", "loss", "loss_low", "loss_high"}
    assert scaled["brier"] != raw["brier"]


def test_every_class_of_both_parts_has_its_errors_also_where_there_are_none(written):
    _, _, metrics, tables = written
    rows = tables["misclassified"].set_index(["split", "class"])
    assert rows.index.tolist() == [(name, label) for name in ("train", "test") for label in NAMES]
    for name in ("train", "test"):
        assert rows.loc[name]["misclassified"].sum() == metrics[name]["images"] - metrics[name]["correct"]
        assert rows.loc[name]["images"].sum() == metrics[name]["images"]
    assert rows.loc[("test", "two"), "misclassified"] == 0 < rows.loc[("test", "one"), "misclassified"]


def test_predictions_are_the_logits_and_what_joins_them_to_images(tmp_path):
    splits, logits, paths = write(tmp_path)
    arrays = load_arrays(paths["predictions"])
    parts = [f"{name}_{key}" for name in ("train", "test") for key in ("logits", "labels", "indices")]
    assert set(arrays) == {"parameters", "diverged", "temperature", *parts}
    assert arrays["parameters"] == 7
    assert arrays["temperature"] == read_metrics(paths["metrics"])["test"]["scaled"]["temperature"]
    for name in ("train", "test"):
        assert arrays[f"{name}_logits"].dtype == np.float32
        np.testing.assert_allclose(arrays[f"{name}_logits"], logits[name], rtol=1e-6)
        np.testing.assert_array_equal(arrays[f"{name}_labels"], splits[name].labels)
        np.testing.assert_array_equal(arrays[f"{name}_indices"], splits[name].indices)


def test_the_same_logits_give_the_same_bytes(tmp_path):
    first, again = (write(tmp_path / name)[2] for name in ("first", "again"))
    assert all(first[name].read_bytes() == again[name].read_bytes() for name in first)


def test_the_errors_are_the_images_that_the_model_gets_wrong_by_index(written):
    splits, logits, metrics, tables = written
    part, predicted = splits["test"], logits["test"].argmax(1)
    wrong = {
        image: (label, guess)
        for image, label, guess in zip(part.indices, part.labels, predicted, strict=True)
        if label != guess
    }
    errors = tables["errors"]
    assert list(errors) == ["image", "label", "predicted", "probability"]
    assert errors.image.tolist() == sorted(wrong)
    assert {row.image: (row.label, row.predicted) for row in errors.itertuples()} == wrong
    assert len(errors) == metrics["test"]["images"] - metrics["test"]["correct"] > 0
    share = np.exp(logits["test"]) / np.exp(logits["test"]).sum(1, keepdims=True)
    top = dict(zip(part.indices, share.max(1), strict=True))
    assert errors.probability.tolist() == pytest.approx([top[image] for image in errors.image], abs=5.1e-5)
    assert errors.probability.tolist() == errors.probability.round(4).tolist()


def test_a_model_without_errors_has_a_table_without_rows(tmp_path):
    errors = wrong_images(np.eye(3, dtype=np.float32), np.arange(3), np.arange(3))
    write_table(tmp_path / "errors.csv", errors)
    assert (tmp_path / "errors.csv").read_text() == "image,label,predicted,probability\n"
