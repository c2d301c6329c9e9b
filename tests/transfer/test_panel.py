"""The panel: five classifiers on images and on features, and what each of them sees of these."""

import numpy as np
import pytest

from tests.trainings import PLAIN, SEARCH
from vision.classifiers import make
from vision.data.dataset import Dataset, Samples
from vision.data.splitting import stratified_order
from vision.data.statistics import channel_statistics, feature_statistics
from vision.pipeline.schema import Defaults
from vision.pipeline.schema.transfer import Panel
from vision.transfer import panel
from vision.transfer.panel import classify_all

NAMES = ["mean_image", "softmax", "linear_discriminant", "random_forest", "knn"]
OF_COMPONENTS = NAMES[2:]
TRAIN, VALID, TEST, N_CLASSES = 150, 30, 90, 3
COMPONENTS = 6
BACKWARDS = np.arange(TEST - 1, 0, -2)
PANEL = {
    "components": COMPONENTS, "component_images": 1000, "trees": 15, "neighbours": 3,
    "softmax": {"lr": 0.03, "epochs": 6, "batch_size": 16, "weight_decay": 0},
    "inputs": {"handwriting": {"role": "handwriting", "kind": "pixels"}},
}  # fmt: skip
HYPER = {"random_forest": {"trees": 15}, "knn": {"neighbours": 3}}


def prepared(inputs, labels):
    """A dataset of three parts; its statistics are those of the first."""
    measure = channel_statistics if inputs.dtype == np.uint8 else feature_statistics
    samples, ends = Samples(inputs, labels, np.arange(len(labels))), (TRAIN, TRAIN + VALID)
    splits = {"train": samples[: ends[0]], "valid": samples[slice(*ends)], "test": samples[ends[1] :]}
    return Dataset(splits, list("abc"), *measure(splits["train"].inputs))


def drawn(kind, width, apart=1.5):
    """Three classes that are `apart` along some of the leading directions, with little noise in the others."""
    generator, labels = np.random.default_rng(0), np.arange(TRAIN + VALID + TEST) % N_CLASSES
    leading = np.linalg.qr(generator.normal(size=(width, min(width, COMPONENTS))))[0]  # (width, directions)
    places = generator.normal(size=(len(labels), leading.shape[1])) + apart * np.eye(3, leading.shape[1])[labels]
    values = (
        128 + places * np.linspace(60, 30, leading.shape[1]) @ leading.T + generator.normal(size=(len(labels), width))
    )
    if kind == "images":
        side = int(width**0.5)
        return prepared(values.clip(0, 255).round().astype(np.uint8).reshape(-1, 1, side, side), labels)
    return prepared((values / 50).astype(kind), labels)


def classified(dataset, seed=0, **changes):
    """The classes that each classifier gives."""
    options = Panel(**{**PANEL, **changes})
    linear = options.linear("handwriting", "handwriting", Defaults(**PLAIN, search=SEARCH))
    return dict(classify_all(dataset, options, linear, seed=seed, threads=1, device="cpu"))


def in_components(dataset, chosen, components=COMPONENTS):
    """Training and test part in the leading principal components of some training samples, in float64."""
    rows = {name: dataset.splits[name].rows.astype(float) for name in ("train", "test")}
    mean = rows["train"][chosen].mean(0)
    directions = np.linalg.svd(rows["train"][chosen] - mean, full_matrices=False)[2][:components]
    return tuple((part - mean) @ directions.T for part in rows.values())


def alone(name, train, labels, test):
    """The classes of one classifier that sees these numbers."""
    classifier = make(name, HYPER.get(name, {}), seed=0, threads=1)
    classifier.fit(train, labels)
    return classifier.logits(test).argmax(1)


@pytest.mark.parametrize("width", [4, 64], ids=["narrow", "wide"])
@pytest.mark.parametrize("kind", ["images", "float32", "float16"])
def test_five_classifiers_give_a_class_for_each_test_sample_better_than_chance(kind, width):
    dataset = drawn(kind, width, apart=5)
    found = classified(dataset)
    assert list(found) == NAMES
    for classes in found.values():
        assert (classes.shape, classes.dtype) == ((TEST,), np.int64)
        assert (classes == dataset.splits["test"].labels).mean() > 0.8


@pytest.mark.parametrize("kind", ["images", "float32", "float16"])
@pytest.mark.parametrize("width", [4, 64], ids=["narrow", "wide"])
def test_the_mean_image_sees_every_number(kind, width):
    dataset = drawn(kind, width)
    train, test = dataset.splits["train"], dataset.splits["test"]
    expected = alone("mean_image", train.rows, train.labels, test.rows)
    np.testing.assert_array_equal(classified(dataset)["mean_image"], expected)


@pytest.mark.parametrize("width", [1, 4])
def test_what_is_not_wide_is_not_reduced(width):
    dataset = drawn("float32", width)
    train, test = dataset.splits["train"], dataset.splits["test"]
    for components in (width, width + 1):
        found = classified(dataset, components=components)
        for name in OF_COMPONENTS:
            np.testing.assert_array_equal(found[name], alone(name, train.rows, train.labels, test.rows))


@pytest.mark.parametrize("wide", [4096, 16], ids=["exactly", "by random projections"])
@pytest.mark.parametrize("kind", ["images", "float32", "float16"])
def test_what_is_wide_is_reduced_to_its_leading_components(monkeypatch, kind, wide):
    monkeypatch.setattr(panel, "WIDE", wide)
    dataset = drawn(kind, 64)
    labels, found = dataset.splits["train"].labels, classified(dataset)
    train, test = in_components(dataset, np.arange(TRAIN))
    for name in ("linear_discriminant", "knn"):  # to which signs do not matter
        assert (found[name] == alone(name, train, labels, test)).mean() > 0.97
        assert (found[name] == alone(name, train[:, :2], labels, test[:, :2])).mean() < 0.97  # fewer are others


def test_components_are_learned_from_a_stratified_sample_of_the_training_part():
    dataset = drawn("float32", 64)
    labels, found = dataset.splits["train"].labels, classified(dataset, components=3, component_images=30, seed=3)
    train, test = in_components(dataset, stratified_order(labels, 3)[:30], 3)
    all_train, all_test = in_components(dataset, np.arange(TRAIN), 3)
    np.testing.assert_array_equal(found["knn"], alone("knn", train, labels, test))
    assert (found["knn"] != alone("knn", all_train, labels, all_test)).any()


def test_the_linear_classifier_sees_what_the_components_leave_out():
    """Noise fills the leading components; the classes lie in numbers that hardly vary."""
    generator, labels = np.random.default_rng(0), np.arange(TRAIN + VALID + TEST) % N_CLASSES
    noise = 100 * generator.normal(size=(len(labels), COMPONENTS))
    signal = 0.1 * np.eye(N_CLASSES)[labels] + 0.02 * generator.normal(size=(len(labels), N_CLASSES))
    dataset = prepared(np.hstack([noise, signal]).astype(np.float32), labels)
    right = {name: (found == dataset.splits["test"].labels).mean() for name, found in classified(dataset).items()}
    assert right["softmax"] > 0.95
    assert max(right[name] for name in OF_COMPONENTS) < 0.5
    wider = classified(dataset, components=COMPONENTS + N_CLASSES)
    assert (wider["linear_discriminant"] == dataset.splits["test"].labels).mean() > 0.95


@pytest.mark.parametrize("kind", ["images", "float16"])
def test_parts_and_other_test_samples_change_no_class(monkeypatch, kind):
    dataset = drawn(kind, 64)
    expected = classified(dataset)
    for chunk in (1, 7, TRAIN):
        monkeypatch.setattr(panel, "CHUNK", chunk)
        found = classified(dataset)
        assert all(np.array_equal(classes, expected[name]) for name, classes in found.items())
    fewer = Dataset(
        {**dataset.splits, "test": dataset.splits["test"][BACKWARDS]}, list("abc"), dataset.mean, dataset.std
    )
    assert all(np.array_equal(classes, expected[name][BACKWARDS]) for name, classes in classified(fewer).items())


def test_no_classifier_sees_the_labels_of_the_test_part():
    dataset = drawn("float32", 64)
    test = dataset.splits["test"]
    blank = Samples(test.inputs, np.zeros_like(test.labels), test.indices)
    other = Dataset({**dataset.splits, "test": blank}, list("abc"), dataset.mean, dataset.std)
    for (name, classes), (_, again) in zip(classified(dataset).items(), classified(other).items(), strict=True):
        np.testing.assert_array_equal(classes, again, err_msg=name)


def test_the_linear_classifiers_recipe_is_the_panels_and_the_rest_that_of_the_defaults():
    options = Panel(**PANEL)
    defaults = {**PLAIN, "weight_decay": 0.3, "momentum": 0.5, "warmup_fraction": 0.4, "decay_all": True}
    model = options.linear("colour", "colour_trunk", Defaults(**defaults, search=SEARCH))
    assert (model.role, model.inputs, model.net, model.hyper["hidden"]) == ("colour", "colour_trunk", "mlp", [])
    read = {**defaults, **PANEL["softmax"], "optimizer": "adam", "schedule": "one_cycle"}
    assert read.items() <= model.model_dump().items()
    assert model.search.rounds == []
