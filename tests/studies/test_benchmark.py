"""The panel of classifiers: what each one sees, the components, and independence of test labels and chunks."""

import numpy as np
import pytest

from tests.trainings import PLAIN, SEARCH
from vision.classifiers import make
from vision.data.dataset import Dataset, Samples
from vision.data.splitting import stratified_order
from vision.data.statistics import channel_statistics, feature_statistics
from vision.pipeline.schema import Defaults
from vision.pipeline.schema.transfer import Panel
from vision.studies.benchmark import classify_all
from vision.transfer import panel

NAMES = ["mean_image", "softmax", "linear_discriminant", "random_forest", "knn"]
OF_COMPONENTS = NAMES[2:]
TRAIN, VALID, TEST, N_CLASSES = 150, 30, 90, 3
COMPONENTS = 6
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
    scaled = places * np.linspace(60, 30, leading.shape[1])
    values = 128 + scaled @ leading.T + generator.normal(size=(len(labels), width))
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
    """Training and test part in the leading principal components of some training samples, by the SVD in float64."""
    rows = {name: dataset.splits[name].rows.astype(float) for name in ("train", "test")}
    mean = rows["train"][chosen].mean(0)
    directions = np.linalg.svd(rows["train"][chosen] - mean, full_matrices=False)[2][:components]
    return tuple((part - mean) @ directions.T for part in rows.values())


def alone(name, train, labels, test):
    """The classes of one classifier that sees these numbers."""
    classifier = make(name, HYPER.get(name, {}), seed=0, threads=1)
    classifier.fit(train, labels)
    return classifier.logits(test).argmax(1)


@pytest.mark.parametrize(("kind", "width"), [("images", 64), ("float32", 4), ("float16", 64)])
def test_five_classifiers_are_better_than_chance(kind, width):
    dataset = drawn(kind, width, apart=5)
    found = classified(dataset)
    assert list(found) == NAMES
    for classes in found.values():
        assert (classes.shape, classes.dtype) == ((TEST,), np.int64)
        assert (classes == dataset.splits["test"].labels).mean() > 0.8


@pytest.mark.parametrize("components", [4, 5])
def test_inputs_no_wider_than_the_components_are_not_reduced(components):
    dataset = drawn("float32", 4)
    train, test = dataset.splits["train"], dataset.splits["test"]
    found = classified(dataset, components=components)
    for name in OF_COMPONENTS:
        np.testing.assert_array_equal(found[name], alone(name, train.rows, train.labels, test.rows))


@pytest.mark.parametrize("wide", [4096, 16], ids=["exact", "random projections"])
def test_wider_inputs_are_reduced_to_their_principal_components(monkeypatch, wide):
    monkeypatch.setattr(panel, "WIDE", wide)
    dataset = drawn("images", 64)
    parts, found = dataset.splits, classified(dataset)
    labels = parts["train"].labels
    of_all = alone("mean_image", parts["train"].rows, labels, parts["test"].rows)
    np.testing.assert_array_equal(found["mean_image"], of_all)
    train, test = in_components(dataset, np.arange(TRAIN))
    for name in ("linear_discriminant", "knn"):  # to which signs do not matter
        assert (found[name] == alone(name, train, labels, test)).mean() > 0.97
        assert (found[name] == alone(name, train[:, :2], labels, test[:, :2])).mean() < 0.97


def test_components_are_fitted_on_a_stratified_sample_of_the_training_part():
    dataset = drawn("float32", 64)
    labels, found = dataset.splits["train"].labels, classified(dataset, components=3, component_images=30, seed=3)
    train, test = in_components(dataset, stratified_order(labels, 3)[:30], 3)
    all_train, all_test = in_components(dataset, np.arange(TRAIN), 3)
    np.testing.assert_array_equal(found["knn"], alone("knn", train, labels, test))
    assert (found["knn"] != alone("knn", all_train, labels, all_test)).any()


def test_linear_classifier_sees_what_the_components_leave_out():
    """Noise fills the leading components; the classes lie in numbers that hardly vary."""
    generator, labels = np.random.default_rng(0), np.arange(TRAIN + VALID + TEST) % N_CLASSES
    noise = 100 * generator.normal(size=(len(labels), COMPONENTS))
    signal = 0.1 * np.eye(N_CLASSES)[labels] + 0.02 * generator.normal(size=(len(labels), N_CLASSES))
    dataset = prepared(np.hstack([noise, signal]).astype(np.float32), labels)
    right = {name: (found == dataset.splits["test"].labels).mean() for name, found in classified(dataset).items()}
    assert right["softmax"] > 0.95
    assert max(right[name] for name in OF_COMPONENTS) < 0.5


def test_chunks_other_test_samples_and_test_labels_change_no_class(monkeypatch):
    dataset, backwards = drawn("images", 64), np.arange(TEST - 1, 0, -2)
    expected = classified(dataset)
    monkeypatch.setattr(panel, "CHUNK", 7)
    for name, classes in classified(dataset).items():
        np.testing.assert_array_equal(classes, expected[name])
    test = dataset.splits["test"][backwards]
    splits = {**dataset.splits, "test": Samples(test.inputs, np.zeros_like(test.labels), test.indices)}
    for name, classes in classified(Dataset(splits, list("abc"), dataset.mean, dataset.std)).items():
        np.testing.assert_array_equal(classes, expected[name][backwards])


def test_recipe_of_the_linear_classifier_comes_from_the_panel_then_the_defaults():
    defaults = {**PLAIN, "weight_decay": 0.3, "momentum": 0.5, "warmup_fraction": 0.4, "decay_all": True}
    model = Panel(**PANEL).linear("colour", "colour_backbone", Defaults(**defaults, search=SEARCH))
    assert (model.role, model.inputs, model.net, model.hyper["hidden"]) == ("colour", "colour_backbone", "mlp", [])
    read = {**defaults, **PANEL["softmax"], "optimizer": "adam", "schedule": "one_cycle"}
    assert read.items() <= model.model_dump().items()
    assert model.search.rounds == []
