"""Prepared datasets: selections, scaled rows, what a network is built from, and their files."""

import numpy as np
import pytest

from vision.data.dataset import Dataset, Samples, assert_same_samples
from vision.pipeline.errors import UserError
from vision.pipeline.files import load_arrays, save_arrays

GENERATOR = np.random.default_rng(0)
LABELS, INDICES = np.arange(30) % 3, np.arange(100, 130)
IMAGES = Samples(GENERATOR.integers(0, 256, (30, 3, 4, 4), np.uint8), LABELS, INDICES)
FEATURES = Samples(GENERATOR.normal(size=(30, 5)).astype(np.float32), LABELS, INDICES)
NAMES = ["a", "b", "ç"]
OF_IMAGES = Dataset({"train": IMAGES, "valid": IMAGES[:4]}, NAMES, np.array([0.1] * 3), np.array([0, 0.001, 0.5]))
OF_FEATURES = Dataset(
    {"train": FEATURES, "valid": FEATURES[:4]}, NAMES, np.arange(5.0), np.array([0.2, 0, 0.001, 3, 4]), n_parameters=77
)


@pytest.mark.parametrize("positions", [slice(2, 9), np.array([5, 3, 3])], ids=str)
def test_selection_keeps_inputs_labels_and_indices_together(positions):
    part = IMAGES[positions]
    assert len(part) == len(np.arange(30)[positions])
    for name, array in vars(part).items():
        np.testing.assert_array_equal(array, getattr(IMAGES, name)[positions])


@pytest.mark.parametrize(("samples", "scale"), [(IMAGES, 255), (FEATURES, 1)], ids=["images", "features"])
def test_rows_are_pixels_from_0_to_1_or_features_unchanged(samples, scale):
    assert samples.scale == scale
    assert samples.rows.dtype == np.float32
    np.testing.assert_allclose(samples.rows, samples.inputs.reshape(30, -1) / scale, rtol=1e-6)


@pytest.mark.parametrize("dataset", [OF_IMAGES, OF_FEATURES], ids=["images", "features"])
def test_saved_dataset_is_loaded_unchanged_and_saved_to_the_same_bytes(dataset, tmp_path):
    paths = [tmp_path / "first.npz", tmp_path / "second.npz"]
    dataset.save(paths[0])
    loaded = Dataset.load(paths[0])
    loaded.save(paths[1])
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert loaded.splits.keys() == dataset.splits.keys()
    assert (loaded.class_names, loaded.n_parameters) == (dataset.class_names, dataset.n_parameters)
    pairs = [(loaded.mean, dataset.mean), (loaded.std, dataset.std)]
    for name, split in dataset.splits.items():
        pairs += [(getattr(loaded.splits[name], key), array) for key, array in vars(split).items()]
    for found, array in pairs:
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype


def test_net_inputs_hold_statistics_without_zeros_shape_and_number_of_classes():
    expected = {"mean": [0.1] * 3, "std": [1 / 255, 1 / 255, 0.5], "shape": [3, 4, 4], "n_classes": 3}
    assert OF_IMAGES.net_inputs == expected
    assert OF_FEATURES.net_inputs["shape"] == [5]
    assert OF_FEATURES.net_inputs["std"] == [0.2, 1, 0.001, 3, 4]


def test_several_files_give_the_splits_of_all_and_the_rest_of_the_first(tmp_path):
    train, test = tmp_path / "train.npz", tmp_path / "test.npz"
    OF_FEATURES.save(train)
    Dataset({"test": FEATURES[4:]}, ["x"], n_parameters=3).save(test)
    loaded = Dataset.load(train, test)
    assert list(loaded.splits) == ["train", "valid", "test"]
    np.testing.assert_array_equal(loaded.splits["test"].inputs, FEATURES.inputs[4:])
    assert (loaded.class_names, loaded.n_parameters, loaded.mean.tolist()) == (NAMES, 77, list(range(5)))


def test_file_without_an_array_is_rejected(tmp_path):
    path = tmp_path / "data.npz"
    OF_IMAGES.save(path)
    arrays = load_arrays(path)
    del arrays["train.labels"]
    save_arrays(path, **arrays)
    with pytest.raises(UserError, match=r"data\.npz: holds no 'train.labels'"):
        Dataset.load(path)


def test_samples_of_indices_are_those_in_their_order():
    samples = Samples(np.arange(10, dtype=np.float32)[:, None], np.arange(5).repeat(2), 10 * np.arange(10))
    assert samples.of_indices(np.array([20, 50, 90])).inputs.ravel().tolist() == [2, 5, 9]
    for others in ([50, 20], [20, 55]):
        with pytest.raises(ValueError, match="differ"):
            samples.of_indices(np.array(others))


def test_assert_same_samples_rejects_other_samples_or_another_order():
    assert_same_samples(np.array([1, 2, 3]), np.array([1, 2, 3]))
    for others in ([1, 2], [3, 2, 1]):
        with pytest.raises(ValueError, match="different splits"):
            assert_same_samples(np.array([1, 2, 3]), np.array(others))
