"""The benchmark of classifiers: what each one is fitted to, the components, and the comparison of representations."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import load_digits

from stages import benchmark as stage
from tests.trainings import PLAIN, SEARCH
from vision.classifiers import make
from vision.data.dataset import Dataset, Samples
from vision.data.splitting import stratified_order
from vision.data.statistics import channel_statistics, feature_statistics
from vision.pipeline.files import save_arrays
from vision.pipeline.schema.models import Defaults
from vision.pipeline.schema.studies import Benchmark
from vision.scores.estimate import read_scores
from vision.scores.intervals import wilson_interval
from vision.studies import benchmark

OF_COMPONENTS = ["linear_discriminant", "random_forest", "knn"]
NAMES = ["mean_image", "softmax", *OF_COMPONENTS]
TRAIN, TEST = 300, 200
OPTIONS = {
    "components": 8, "component_images": 1000, "trees": 15, "neighbours": 3,
    "softmax": {"lr": 0.03, "epochs": 6, "batch_size": 16, "weight_decay": 0},
    "inputs": {"handwriting": {"role": "handwriting", "kind": "pixels"}},
}  # fmt: skip
HYPER = {"random_forest": {"trees": 15}, "knn": {"neighbours": 3}}


def prepared(inputs, labels):
    """A dataset of three parts with the statistics of the first."""
    measure = channel_statistics if inputs.dtype == np.uint8 else feature_statistics
    samples = Samples(inputs, labels, np.arange(len(labels)))
    splits = {"train": samples[:TRAIN], "valid": samples[TRAIN:-TEST], "test": samples[-TEST:]}
    return Dataset(splits, [str(label) for label in np.unique(labels)], *measure(splits["train"].inputs))


def digits(features=None):
    """Images of digits, or as float16 features, so many of them in random directions."""
    images, labels = (array[: TRAIN + 60 + TEST] for array in load_digits(return_X_y=True))
    if features is None:
        return prepared((15 * images).astype(np.uint8).reshape(-1, 1, 8, 8), labels)
    directions = np.linalg.qr(np.random.default_rng(0).normal(size=(64, 64)))[0][:, :features]
    return prepared((images @ directions).astype(np.float16), labels)


def classified(dataset, seed=0, **changes):
    """The predictions of each classifier."""
    options = Benchmark(**{**OPTIONS, **changes})
    linear = options.linear("handwriting", "handwriting", Defaults(**PLAIN, search=SEARCH))
    return dict(benchmark.classify_all(dataset, options, linear, seed=seed, threads=1, device="cpu"))


def in_components(dataset, chosen, components):
    """Training and test part in the leading principal components of some training samples, by the SVD in float64."""
    rows = {name: dataset.splits[name].rows.astype(float) for name in ("train", "test")}
    mean = rows["train"][chosen].mean(0)
    directions = np.linalg.svd(rows["train"][chosen] - mean, full_matrices=False)[2][:components]
    return tuple((part - mean) @ directions.T for part in rows.values())


def alone(name, train, labels, test):
    """The predictions of one classifier that is fitted to these numbers."""
    classifier = make(name, HYPER.get(name, {}), seed=0, threads=1)
    classifier.fit(train, labels)
    return classifier.logits(test).argmax(1)


@pytest.mark.parametrize(("features", "components"), [(None, 8), (30, 30)])
def test_five_classifiers_learn_digits(features, components):
    dataset = digits(features)
    train, test, predictions = *map(dataset.splits.get, ("train", "test")), classified(dataset, components=components)
    assert list(predictions) == NAMES
    for name, classes in predictions.items():
        assert (classes.shape, classes.dtype) == ((TEST,), np.int64)
        assert (classes == test.labels).mean() > 0.6
        if name == "mean_image" or (features == components and name in OF_COMPONENTS):  # not reduced
            np.testing.assert_array_equal(classes, alone(name, train.rows, train.labels, test.rows))


@pytest.mark.parametrize("wide", [4096, 16], ids=["exact", "random projections"])
def test_wider_inputs_are_reduced_to_components_of_a_stratified_sample(monkeypatch, wide):
    monkeypatch.setattr(benchmark, "WIDE", wide)
    dataset = digits()
    labels, predictions = dataset.splits["train"].labels, classified(dataset, component_images=100, seed=3)
    train, test = in_components(dataset, stratified_order(labels, 3)[:100], 8)
    others = in_components(dataset, np.arange(TRAIN), 8), (train[:, :7], test[:, :7])
    for name in ("linear_discriminant", "knn"):  # which do not depend on the signs of components
        assert (predictions[name] == alone(name, train, labels, test)).mean() > 0.97
        for other_train, other_test in others:
            assert (predictions[name] == alone(name, other_train, labels, other_test)).mean() < 0.97


def test_linear_classifier_takes_all_features_and_test_labels_change_nothing(monkeypatch):
    """Noise fills the leading components; the classes are separated in features of small variance."""
    generator, labels = np.random.default_rng(0), np.arange(TRAIN + 60 + TEST) % 3
    noise = 100 * generator.normal(size=(len(labels), 8))
    signal = 0.1 * np.eye(3)[labels] + 0.02 * generator.normal(size=(len(labels), 3))
    dataset = prepared(np.hstack([noise, signal]).astype(np.float32), labels)
    test, predictions = dataset.splits["test"], classified(dataset)
    right = {name: (classes == test.labels).mean() for name, classes in predictions.items()}
    assert right["softmax"] > 0.95
    assert max(right[name] for name in OF_COMPONENTS) < 0.5
    monkeypatch.setattr(benchmark, "CHUNK", 7)
    backwards = test[np.arange(TEST - 1, 0, -2)]
    splits = {**dataset.splits, "test": Samples(backwards.inputs, 0 * backwards.labels, backwards.indices)}
    for name, classes in classified(Dataset(splits, dataset.class_names, dataset.mean, dataset.std)).items():
        np.testing.assert_array_equal(classes, predictions[name][TEST - 1 : 0 : -2])


def test_stage_compares_representations_and_roles(tmp_path):
    generator, labels = np.random.default_rng(0), np.arange(40) % 3
    cells = [(role, kind) for role in ("handwriting", "colour") for kind in ("pixels", "backbone")]
    inputs = {"_".join(cell): SimpleNamespace(role=cell[0], kind=cell[1]) for cell in cells}
    right = {}
    for name, (role, kind) in zip(inputs, cells, strict=True):
        masks = {key: generator.random(40) < 0.7 for key in stage.CLASSIFIERS}
        right |= {(role, kind, key): mask for key, mask in masks.items()}
        wrong = {key: np.where(mask, labels, (labels + 1) % 3) for key, mask in masks.items()}
        save_arrays(tmp_path / f"{name}.npz", labels=labels, indices=np.arange(40), **wrong)
    params = SimpleNamespace(benchmark=SimpleNamespace(inputs=inputs))
    stage.main(params, predictions=tmp_path, tables=tmp_path / "tables")
    scores, pairs = read_scores(tmp_path / "tables/scores.csv"), pd.read_csv(tmp_path / "tables/pairs.csv")
    count = right["colour", "pixels", "knn"].sum()
    assert scores["colour.pixels.knn.accuracy"][:4] == (count / 40, *wilson_interval(count, 40), 40)
    loss = scores["handwriting_less_colour.pixels.knn.loss"]
    assert loss.value == pytest.approx((right["handwriting", "pixels", "knn"].sum() - count) / 40)
    assert loss.low < loss.value < loss.high
    assert len(pairs) == 2 * len(NAMES)
    for row in pairs.itertuples():
        before, after = (right[row.role, kind, row.classifier] for kind in (row.first, row.second))
        gained, lost = (after & ~before).sum(), (before & ~after).sum()
        assert (row.only_second, row.only_first) == (gained, lost)
        assert row.gain == pytest.approx((gained - lost) / 40)
        assert row.p == pytest.approx(stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1)
        assert row.p <= row.p_holm <= 1
    assert len(pd.read_csv(tmp_path / "tables/losses.csv")) == 2 * len(NAMES)
