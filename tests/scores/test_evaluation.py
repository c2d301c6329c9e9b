"""What every evaluation writes: files that agree with each other and with the logits."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from vision.data.dataset import Samples
from vision.pipeline.files import load_arrays
from vision.pipeline.schema.studies import Evaluation
from vision.pipeline.tables import read_metrics, write_table
from vision.scores.classification import wrong_images
from vision.scores.evaluation import write_evaluation
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


def write(folder):
    generator = np.random.default_rng(0)
    parts = {name: split(name, generator) for name in SIZES}
    splits, logits = ({name: part[place] for name, part in parts.items()} for place in (0, 1))
    paths = {name: folder / f"{name}.csv" for name in TABLES}
    paths |= {"metrics": folder / "metrics.json", "predictions": folder / "predictions.npz"}
    options, about = Evaluation(calibration_bins=5, resamples=100), {"parameters": 7, "score_temperature": 2.5}
    write_evaluation(logits, splits, NAMES, about, options=options, seed=0, **paths)
    return splits, logits, paths


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def written(folder):
    splits, logits, paths = write(folder)
    return splits, logits, read_metrics(paths["metrics"]), {name: pd.read_csv(paths[name]) for name in TABLES}


def test_metrics_are_those_of_each_split_after_what_is_known_of_the_model(written):
    splits, logits, metrics, _ = written
    assert list(metrics) == ["parameters", "score_temperature", "train", "valid", "test"]
    for name, part in splits.items():
        found = metrics[name]
        assert found["correct"] == (logits[name].argmax(1) == part.labels).sum()
        assert found["images"] == SIZES[name]
        assert found["accuracy"] == found["correct"] / found["images"]
        assert found["loss"] == pytest.approx(cross_entropy(logits[name], part.labels).mean())


def test_the_tables_are_of_the_test_part_and_agree_with_its_metrics(written):
    splits, logits, metrics, tables = written
    test, expected = metrics["test"], confusion_matrix(splits["test"].labels, logits["test"].argmax(1))
    confusion = tables["confusion"].pivot(index="actual", columns="predicted", values="images").loc[NAMES, NAMES]
    np.testing.assert_array_equal(confusion, expected)
    classes, calibration = tables["classes"], tables["calibration"]
    assert classes["class"].tolist() == NAMES
    assert classes["correct"].sum() == test["correct"] == np.trace(expected)
    assert classes["f1"].mean() == pytest.approx(test["macro_f1"])
    assert calibration["images"].sum() == test["images"]
    gaps = (calibration["confidence"] - calibration["accuracy"]) * calibration["images"]
    assert gaps.sum() / test["images"] == pytest.approx(test["confidence_gap"], abs=1e-7)


def test_test_scores_are_raw_and_scaled_by_the_temperature_of_the_validation_images(written):
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


def test_misclassified_has_every_class_of_both_parts(written):
    _, _, metrics, tables = written
    rows = tables["misclassified"].set_index(["split", "class"])
    assert rows.index.tolist() == [(name, label) for name in ("train", "test") for label in NAMES]
    for name in ("train", "test"):
        assert rows.loc[name]["misclassified"].sum() == metrics[name]["images"] - metrics[name]["correct"]
    assert rows.loc[("test", "two"), "misclassified"] == 0 < rows.loc[("test", "one"), "misclassified"]


def test_predictions_are_the_logits_and_what_joins_them_to_images(written, folder):
    splits, logits, metrics, _ = written
    arrays = load_arrays(folder / "predictions.npz")
    parts = [f"{name}_{key}" for name in ("train", "test") for key in ("logits", "labels", "indices")]
    assert set(arrays) == {"parameters", "diverged", "temperature", *parts}
    assert (arrays["parameters"], arrays["diverged"]) == (7, False)
    assert arrays["temperature"] == metrics["test"]["scaled"]["temperature"]
    for name in ("train", "test"):
        assert arrays[f"{name}_logits"].dtype == np.float32
        np.testing.assert_allclose(arrays[f"{name}_logits"], logits[name], rtol=1e-6)
        np.testing.assert_array_equal(arrays[f"{name}_labels"], splits[name].labels)
        np.testing.assert_array_equal(arrays[f"{name}_indices"], splits[name].indices)


def test_the_same_logits_give_the_same_bytes(written, folder, tmp_path):
    paths = write(tmp_path)[2]
    assert all((folder / path.name).read_bytes() == path.read_bytes() for path in paths.values())


def test_errors_are_the_misclassified_test_images_by_index(written):
    splits, logits, _, tables = written
    part, predicted = splits["test"], logits["test"].argmax(1)
    rows = zip(part.indices, part.labels, predicted, strict=True)
    wrong = sorted((image, label, guess) for image, label, guess in rows if label != guess)
    found = tables["errors"][["image", "label", "predicted"]].itertuples(index=False, name=None)
    assert [*found] == wrong != []


def test_a_model_without_errors_has_a_table_without_rows(tmp_path):
    errors = wrong_images(np.eye(3, dtype=np.float32), np.arange(3), np.arange(3))
    write_table(tmp_path / "errors.csv", errors)
    assert (tmp_path / "errors.csv").read_text() == "image,label,predicted,probability\n"
