"""Fetching published datasets from a folder, a URL or their own addresses: only intact files are opened."""

import os
import pickle
import re
import time
from pathlib import Path

import numpy as np
import pytest

from tests import mirrors
from tests.mirrors import COLOUR, IMAGES, LABELS, served
from vision.data import fetching
from vision.data.fetching import fetch
from vision.pipeline.errors import UserError

REAL = Path(os.environ.get("DATA_MIRROR") or "no mirror")
FIRST = "train-images-idx3-ubyte.gz"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder of tiny files, whose checksums torchvision takes for the published ones."""
    datasets, base = fetching.import_torchvision_datasets(), tmp_path / "mirror"
    for published, folder in ((datasets.MNIST, base / "mnist"), (datasets.FashionMNIST, base / "fashion_mnist")):
        mirrors.write_idx(folder)
        sums = [(name, mirrors.md5(folder / name)) for name, _ in published.resources]
        monkeypatch.setattr(published, "resources", sums)
    mirrors.write_cifar10(folder := base / "cifar-10-batches-py")
    sums = {path.name: mirrors.md5(path) for path in folder.iterdir()}
    for key, names in {"train_list": ["data_batch_1", "data_batch_2"], "test_list": ["test_batch"]}.items():
        monkeypatch.setattr(datasets.CIFAR10, key, [[name, sums[name]] for name in names])
    monkeypatch.setattr(datasets.CIFAR10, "meta", datasets.CIFAR10.meta | {"md5": sums["batches.meta"]})
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", mirrors.md5(base / mirrors.ARCHIVE))
    return base


def error_of(source, base):
    """The one line that fetching ends with, which says what can be done."""
    with pytest.raises(UserError) as caught:
        fetch(source, base and str(base))
    message = str(caught.value)
    assert "\n" not in message
    assert "DATA_MIRROR" in message
    return message


@pytest.mark.parametrize(("source", "last"), [("mnist", "9"), ("fashion_mnist", "Ankle boot"), ("cifar10", "class 9")])
def test_folder_and_url_give_the_published_images(source, last, mirror):
    train, test = (COLOUR[[*range(6)] * 2], COLOUR) if source == "cifar10" else (IMAGES[:, None], IMAGES[:2, None])
    with served(mirror) as address:
        for base in (mirror, f"{mirror}/", address):
            dataset = fetch(source, str(base))
            splits = dataset.splits
            assert (len(dataset.class_names), dataset.class_names[-1]) == (10, last)
            for split, images in zip((splits["train"], splits["test"]), (train, test), strict=True):
                assert np.array_equal(split.inputs, images)
                assert split.labels.tolist() == np.resize(LABELS, len(images)).tolist()
                assert split.indices.tolist() == list(range(len(images)))
                assert (split.inputs.dtype, split.labels.dtype) == (np.uint8, np.int64)


def test_without_a_mirror_each_published_address_is_tried(mirror, monkeypatch):
    datasets = fetching.import_torchvision_datasets()
    with served(mirror) as address, mirrors.unserved(listening=False) as nobody:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{nobody}/", f"{address}/", f"{address}/mnist/"])
        assert np.array_equal(fetch("mnist", None).splits["train"].inputs[:, 0], IMAGES)
        monkeypatch.setattr(datasets.CIFAR10, "url", f"{address}/{mirrors.ARCHIVE}")
        assert np.array_equal(fetch("cifar10", "").splits["test"].inputs, COLOUR)
        (mirror / mirrors.ARCHIVE).write_bytes((mirror / mirrors.ARCHIVE).read_bytes()[:-9])
        message = error_of("cifar10", None)
    assert f"could not fetch {mirrors.ARCHIVE}" in message
    assert "checksum" in message


@pytest.mark.parametrize("kind", ["folder", "http"])
def test_missing_or_truncated_file_is_named(kind, mirror):
    with served(mirror) as address:
        base = {"folder": mirror, "http": address}[kind]
        for source, name in (("mnist", f"mnist/{FIRST}"), ("cifar10", "cifar-10-batches-py/data_batch_2")):
            content = (mirror / name).read_bytes()
            (mirror / name).write_bytes(content[: len(content) // 2])
            for words in ("checksum", "No such file|not found"):
                message = error_of(source, base)
                assert f"could not fetch {Path(name).name} ({base}/{name}: " in message
                assert re.search(words, message, re.IGNORECASE)
                (mirror / name).unlink(missing_ok=True)


def test_server_that_refuses_or_is_silent_is_given_up_with_one_line(mirror, monkeypatch):
    monkeypatch.setattr(fetching, "SILENCE_SECONDS", 0.3)
    start = time.monotonic()
    with mirrors.unserved(listening=False) as nobody:
        assert "refused" in error_of("mnist", nobody)
    for base in ("/no/such/folder", "nonsense://host", "http://a b"):
        assert base in error_of("mnist", base)
    with mirrors.unserved(listening=True) as silent:
        assert "timed out" in error_of("cifar10", silent)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("name", ["data_batch_1", "batches.meta"])
def test_pickle_with_another_checksum_is_never_opened(name, mirror, tmp_path):
    path, sprung = mirror / "cifar-10-batches-py" / name, tmp_path / "sprung"
    path.write_bytes(pickle.dumps(mirrors.Trap(sprung)))
    assert f"could not fetch {name}" in error_of("cifar10", mirror)
    assert not sprung.exists()
    pickle.loads(path.read_bytes())
    assert sprung.exists(), "the trap does not work"


def test_digits_need_no_network():
    dataset = fetch("digits", None)
    train, test = dataset.splits["train"], dataset.splits["test"]
    assert (train.inputs.shape, test.inputs.shape) == ((1438, 1, 28, 28), (359, 1, 28, 28))
    assert (train.inputs.dtype, train.inputs.min(), train.inputs.max()) == (np.uint8, 0, 255)
    assert dataset.class_names == [str(digit) for digit in range(10)]
    assert train.labels[:5].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.slow
@pytest.mark.parametrize(("source", "n_train"), [("mnist", 60000), ("fashion_mnist", 60000), ("cifar10", 50000)])
def test_real_files(source, n_train):
    if not (REAL / fetching.PUBLISHED[source][0]).is_dir():
        pytest.skip("no mirror of these published files: set DATA_MIRROR")
    splits = fetch(source, str(REAL)).splits
    assert (len(splits["train"]), len(splits["test"])) == (n_train, 10000)
    assert np.bincount(splits["test"].labels).min() > 800
    if source == "mnist":  # the published mean and standard deviation
        pixels = splits["train"].rows
        assert (round(float(pixels.mean()), 4), round(float(pixels.std()), 4)) == (0.1307, 0.3081)
