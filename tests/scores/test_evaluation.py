"""What every evaluation writes: files that agree with each other and with the logits."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import confusion_matrix

from vision.data.dataset import Samples
from vision.pipeline.files import load_arrays
from vision.pipeline.schema.studies import Evaluation
from vision.pipeline.tables import write_table
from vision.scores.calibration import fit_temperature
from vision.scores.classification import wrong_images
from vision.scores.estimate import Estimate, read_scores
from vision.scores.evaluation import write_evaluation
from vision.scores.losses import cross_entropy

NAMES = ["zero", "one", "two"]
SIZES = {"train": 120, "valid": 40, "test": 60}


def split(name, generator):
    """Labels, and logits that predict most of them; class 2 of the test part has no errors."""
    labels = generator.permutation(np.arange(SIZES[name]) % 3)
    logits = generator.normal(size=(len(labels), 3)) + 2.0 * np.eye(3)[labels]
    if name == "test":
        logits[labels == 2] = [0, 0, 5]
    images = np.zeros((len(labels), 1, 2, 2), np.uint8)
    return Samples(images, labels, generator.permutation(1000)[: len(labels)]), logits


def write(folder, **about):
    generator = np.random.default_rng(0)
    parts = {name: split(name, generator) for name in SIZES}
    splits, logits = ({name: part[place] for name, part in parts.items()} for place in (0, 1))
    write_evaluation(
        logits, splits, NAMES, {"parameters": 7, **about},
        options=Evaluation(calibration_bins=5, resamples=100), seed=0,
        tables=folder / "tables", predictions=folder / "predictions.npz", metrics=folder / "metrics.json",
    )  # fmt: skip
    return splits, logits


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def written(folder):
    splits, logits = write(folder, search={"margin": Estimate(0.1, 0, 0.3)})
    tables = {path.stem: pd.read_csv(path) for path in (folder / "tables").glob("*.csv")}
    return splits, logits, read_scores(folder / "tables/scores.csv"), tables


def test_scores_are_those_of_each_split(written):
    splits, logits, scores, _ = written
    assert list(scores)[:3] == ["parameters", "search.margin", "train.images"]
    assert scores["search.margin"] == Estimate(0.1, 0, 0.3)
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
    expected = confusion_matrix(splits["test"].labels, logits["test"].argmax(1))
    confusion = tables["confusion"].pivot(index="actual", columns="predicted", values="images").loc[NAMES, NAMES]
    np.testing.assert_array_equal(confusion, expected)
    classes, calibration, rows = tables["classes"], tables["calibration"], tables["misclassified"]
    assert classes["class"].tolist() == NAMES
    assert classes["correct"].sum() == scores["test.correct"].value == np.trace(expected)
    assert classes["f1"].mean() == pytest.approx(scores["test.macro_f1"].value)
    gaps = (calibration["confidence"] - calibration["accuracy"]) * calibration["images"]
    assert gaps.sum() / calibration["images"].sum() == pytest.approx(scores["test.confidence_gap"].value, abs=1e-7)
    assert [*zip(rows["split"], rows["class"], strict=True)] == [(name, c) for name in ("train", "test") for c in NAMES]
    for name, part in rows.groupby("split"):
        assert part["misclassified"].sum() == scores[f"{name}.images"].value - scores[f"{name}.correct"].value


def test_predictions_are_the_logits_with_what_joins_them_to_images(written, folder):
    splits, logits, scores, _ = written
    arrays = load_arrays(folder / "predictions.npz")
    parts = [f"{name}_{key}" for name in ("train", "test") for key in ("logits", "labels", "indices")]
    assert set(arrays) == {"parameters", "diverged", "temperature", *parts}
    assert (arrays["parameters"], arrays["diverged"]) == (7, False)
    assert arrays["temperature"] == scores["test.scaled.temperature"].value
    for name in ("train", "test"):
        assert arrays[f"{name}_logits"].dtype == np.float32
        np.testing.assert_allclose(arrays[f"{name}_logits"], logits[name], rtol=1e-6)
        np.testing.assert_array_equal(arrays[f"{name}_labels"], splits[name].labels)
        np.testing.assert_array_equal(arrays[f"{name}_indices"], splits[name].indices)


def test_metrics_are_the_headline_and_say_that_a_run_diverged(written, folder, tmp_path):
    scores, metrics = written[2], json.loads((folder / "metrics.json").read_text())
    numbers = {name: scores[f"test.{name}"].value for name in ("accuracy", "loss", "ece")}
    numbers |= {"accuracy_low": scores["test.accuracy"].low, "accuracy_high": scores["test.accuracy"].high}
    assert metrics == {"test": numbers, "valid": {"accuracy": scores["valid.accuracy"].value}}
    write(tmp_path, diverged=True)
    assert json.loads((tmp_path / "metrics.json").read_text()) == {"diverged": True, **metrics}
    assert load_arrays(tmp_path / "predictions.npz")["diverged"]
    for path in (folder / "tables").glob("[!s]*.csv"):  # the same logits give the same bytes
        assert (tmp_path / "tables" / path.name).read_bytes() == path.read_bytes()


def test_errors_are_the_misclassified_test_images_by_index(written, tmp_path):
    splits, logits, _, tables = written
    part, predicted = splits["test"], logits["test"].argmax(1)
    rows = zip(part.indices, part.labels, predicted, strict=True)
    wrong = sorted((image, label, guess) for image, label, guess in rows if label != guess)
    found = tables["errors"][["image", "label", "predicted"]].itertuples(index=False, name=None)
    assert [*found] == wrong != []
    write_table(tmp_path / "none.csv", wrong_images(np.eye(3, dtype=np.float32), np.arange(3), np.arange(3)))
    assert (tmp_path / "none.csv").read_text() == "image,label,predicted,probability,true_probability\n"
