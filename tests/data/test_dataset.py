"""Prepared datasets: samples that stay together, what a network is built from, and their files."""

import numpy as np
import pytest

from vision.data.dataset import Dataset, Samples, check_joined
from vision.pipeline.errors import UserError
from vision.pipeline.files import load_arrays, save_arrays


def images():
    pixels = np.random.default_rng(0).integers(0, 256, (30, 3, 4, 4), np.uint8)
    return Samples(pixels, np.arange(30) % 3, np.arange(100, 130))


def features():
    values = np.random.default_rng(0).normal(size=(30, 5)).astype(np.float32)
    return Samples(values, np.arange(30) % 3, np.arange(100, 130))


def of_images(**splits):
    return Dataset(splits, ["a", "b", "ç"], np.array([0.1] * 3), np.array([0.2] * 3))


def of_features(**splits):
    return Dataset(splits, ["a", "b", "ç"], np.arange(5.0), np.array([0.2, 0, 0.001, 3, 4]), n_parameters=77)


@pytest.mark.parametrize("samples", [images(), features()], ids=["images", "features"])
@pytest.mark.parametrize("positions", [slice(2, 9), np.array([5, 3, 3])], ids=str)
def test_a_selection_keeps_inputs_labels_and_indices_together(samples, positions):
    part = samples[positions]
    chosen = np.arange(30)[positions]
    assert len(part) == len(chosen)
    np.testing.assert_array_equal(part.indices, 100 + chosen)
    np.testing.assert_array_equal(part.labels, chosen % 3)
    np.testing.assert_array_equal(part.inputs, samples.inputs[chosen])


def test_the_rows_of_images_are_pixels_from_0_to_1():
    samples = images()
    assert samples.scale == 255
    assert samples.rows.dtype == np.float32
    np.testing.assert_allclose(samples.rows, [image.ravel() / 255 for image in samples.inputs], rtol=1e-6)


def test_the_rows_of_features_are_the_features():
    samples = features()
    assert samples.scale == 1
    assert samples.rows.dtype == np.float32
    np.testing.assert_array_equal(samples.rows, samples.inputs)


@pytest.mark.parametrize(
    "dataset",
    [of_images(train=images(), valid=images()[:4]), of_features(train=features(), valid=features()[:4])],
    ids=["images", "features"],
)
def test_a_dataset_survives_its_file_and_gives_the_same_bytes(dataset, tmp_path):
    paths = [tmp_path / "first.npz", tmp_path / "second.npz"]
    dataset.save(paths[0])
    loaded = Dataset.load(paths[0])
    loaded.save(paths[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert loaded.splits.keys() == dataset.splits.keys()
    assert (loaded.class_names, loaded.n_parameters) == (dataset.class_names, dataset.n_parameters)
    for name, split in dataset.splits.items():
        for key, array in vars(split).items():
            found = getattr(loaded.splits[name], key)
            np.testing.assert_array_equal(found, array)
            assert found.dtype == array.dtype
    for found, array in ((loaded.mean, dataset.mean), (loaded.std, dataset.std)):
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype
    assert loaded.net_inputs == dataset.net_inputs


def test_a_network_is_built_from_the_statistics_the_shape_and_the_number_of_classes():
    found = of_images(train=images()).net_inputs
    assert found == {"mean": [0.1] * 3, "std": [0.2] * 3, "shape": [3, 4, 4], "n_classes": 3}
    assert of_features(train=features()).net_inputs["shape"] == [5]


def test_what_never_changes_is_not_divided_by_0():
    flat = Dataset({"train": images()}, list("abc"), np.zeros(3), np.array([0, 0.001, 0.5])).net_inputs
    assert flat["std"] == [1 / 255, 1 / 255, 0.5]  # a pixel's smallest step
    assert of_features(train=features()).net_inputs["std"] == [0.2, 1, 0.001, 3, 4]


def test_several_files_give_the_splits_of_all_and_the_rest_of_the_first(tmp_path):
    train, test = tmp_path / "train.npz", tmp_path / "test.npz"
    of_features(train=features(), valid=features()[:4]).save(train)
    Dataset({"test": features()[4:]}, ["x"], n_parameters=3).save(test)
    loaded = Dataset.load(train, test)
    assert list(loaded.splits) == ["train", "valid", "test"]
    np.testing.assert_array_equal(loaded.splits["test"].inputs, features().inputs[4:])
    assert (loaded.class_names, loaded.n_parameters) == (["a", "b", "ç"], 77)
    np.testing.assert_array_equal(loaded.mean, np.arange(5.0))


@pytest.mark.parametrize(
    "key", ["class_names", "mean", "std", "n_parameters", "train.inputs", "train.labels", "train.indices"]
)
def test_a_file_that_lacks_something_is_the_users_error(key, tmp_path):
    path = tmp_path / "data.npz"
    of_images(train=images()).save(path)
    arrays = load_arrays(path)
    del arrays[key]
    save_arrays(path, **arrays)
    with pytest.raises(UserError, match=r"data\.npz: not a dataset file; delete it and run `dvc repro`$"):
        Dataset.load(path)


def test_a_missing_second_file_is_the_users_error(tmp_path):
    of_images(train=images()).save(tmp_path / "train.npz")
    with pytest.raises(UserError, match=r"gone\.npz: no such file"):
        Dataset.load(tmp_path / "train.npz", tmp_path / "gone.npz")


@pytest.mark.parametrize("others", [[1, 2], [3, 2, 1], [1, 2, 3, 4], []], ids=str)
def test_files_of_other_samples_are_not_joined(others):
    check_joined(np.array([1, 2, 3]), np.array([1, 2, 3]))
    with pytest.raises(ValueError, match="made from different splits"):
        check_joined(np.array([1, 2, 3]), np.array(others))
