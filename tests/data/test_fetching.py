"""Published files: taken whole from a folder or over HTTP, and nothing damaged, missing or foreign gets through."""

import os
import pickle
import socket
import threading
from pathlib import Path

import numpy as np
import pytest

from tests.mirrors import ARCHIVE, COLOUR, IMAGES, LABELS, Trap, closed, damage, md5, served, write_cifar10, write_idx
from vision.data import fetching
from vision.data.fetching import fetch
from vision.pipeline.errors import UserError

REAL = Path(os.environ.get("DATA_MIRROR") or "no mirror")
FIRST = "train-images-idx3-ubyte.gz"


@pytest.fixture(autouse=True)
def _no_proxy_and_no_timeout_left_behind(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    yield
    socket.setdefaulttimeout(None)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A folder of tiny files, which torchvision is told are the published ones."""
    datasets, base = fetching.import_torchvision_datasets(), tmp_path / "mirror"
    for published, folder in ((datasets.MNIST, base / "mnist"), (datasets.FashionMNIST, base / "fashion_mnist")):
        write_idx(folder)
        monkeypatch.setattr(published, "resources", [(name, md5(folder / name)) for name, _ in published.resources])
    write_cifar10(folder := base / "cifar-10-batches-py")
    sums = {path.name: md5(path) for path in folder.iterdir()}
    files = {"train_list": ["data_batch_1", "data_batch_2"], "test_list": ["test_batch"]}
    for key, names in files.items():
        monkeypatch.setattr(datasets.CIFAR10, key, [[name, sums[name]] for name in names])
    monkeypatch.setattr(datasets.CIFAR10, "meta", datasets.CIFAR10.meta | {"md5": sums["batches.meta"]})
    monkeypatch.setattr(datasets.CIFAR10, "tgz_md5", md5(base / ARCHIVE))
    return base


def refusal(source, base):
    """The one line that fetching ends with, which says what can be done."""
    with pytest.raises(UserError) as caught:
        fetch(source, None if base is None else str(base))
    message = str(caught.value)
    assert "\n" not in message
    assert "DATA_MIRROR" in message
    return message


@pytest.mark.parametrize("source", ["mnist", "fashion_mnist", "cifar10"])
def test_folder_and_http_give_the_published_images(source, mirror):
    train, test = (COLOUR[[*range(6)] * 2], COLOUR) if source == "cifar10" else (IMAGES[:, None], IMAGES[:2, None])
    with served(mirror) as address:
        for base in (mirror, f"{mirror}/", address):
            splits = fetch(source, str(base)).splits
            for split, images in zip((splits["train"], splits["test"]), (train, test), strict=True):
                assert np.array_equal(split.inputs, images)
                assert split.labels.tolist() == np.resize(LABELS, len(images)).tolist()
                assert split.indices.tolist() == list(range(len(images)))
                assert (split.inputs.dtype, split.labels.dtype) == (np.uint8, np.int64)


def test_without_a_mirror_each_published_address_is_tried(mirror, monkeypatch):
    datasets = fetching.import_torchvision_datasets()
    with served(mirror) as address, closed() as nobody:
        monkeypatch.setattr(datasets.MNIST, "mirrors", [f"{nobody}/", f"{address}/", f"{address}/mnist/"])
        assert np.array_equal(fetch("mnist", None).splits["train"].inputs[:, 0], IMAGES)
        monkeypatch.setattr(datasets.CIFAR10, "url", f"{address}/{ARCHIVE}")
        assert np.array_equal(fetch("cifar10", "").splits["test"].inputs, COLOUR)
        (mirror / ARCHIVE).write_bytes((mirror / ARCHIVE).read_bytes()[:-9])
        message = refusal("cifar10", None)
    assert f"could not fetch {ARCHIVE}" in message
    assert "checksum" in message


@pytest.mark.parametrize("over_http", [False, True], ids=["folder", "http"])
@pytest.mark.parametrize("how", ["missing", "a folder", "truncated", "flipped", "page", "empty"])
def test_damage_is_one_line_that_names_the_file(how, over_http, mirror):
    with served(mirror) as address:
        base = address if over_http else mirror
        for source, name in (("mnist", f"mnist/{FIRST}"), ("cifar10", "cifar-10-batches-py/data_batch_2")):
            damage(mirror / name, how)
            message = refusal(source, base)
            assert f"could not fetch {Path(name).name}" in message
            assert f"{base}/{name}" in message
            assert "make demo" in message
            assert ("File not found" in message or "No such file" in message) == (how == "missing")
            assert how in ("missing", "a folder") or "checksum" in message


def test_connection_refused(mirror):
    with closed() as nobody:
        assert "refused" in refusal("mnist", nobody)


@pytest.mark.parametrize("base", ["/no/such/folder", "/", "nonsense://host", "http://", "http://[::1", "http://a b"])
def test_an_address_that_is_none(base, mirror):
    assert base in refusal("mnist", base)


def test_a_server_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (giving_up := threading.Timer(5, silent.close)).start()
        assert "timed out" in refusal("mnist", f"http://127.0.0.1:{silent.getsockname()[1]}")
        giving_up.cancel()


@pytest.mark.parametrize("name", ["data_batch_1", "test_batch", "batches.meta"])
def test_a_foreign_pickle_is_never_opened(name, mirror, tmp_path):
    path, sprung = mirror / "cifar-10-batches-py" / name, tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    assert f"could not fetch {name}" in refusal("cifar10", mirror)
    assert not sprung.exists()
    pickle.loads(path.read_bytes())
    assert sprung.exists(), "the trap was none"


@pytest.mark.parametrize(
    ("source", "n_train", "shape", "first", "last"),
    [
        ("mnist", 60000, (1, 28, 28), "0", "9"),
        ("fashion_mnist", 60000, (1, 28, 28), "T-shirt/top", "Ankle boot"),
        ("cifar10", 50000, (3, 32, 32), "airplane", "truck"),
    ],
)
def test_the_real_files(source, n_train, shape, first, last):
    if not (REAL / fetching.PUBLISHED[source][0]).is_dir():
        pytest.skip("no mirror of these published files: set DATA_MIRROR")
    dataset = fetch(source, str(REAL))
    assert dataset.splits["train"].inputs.shape == (n_train, *shape)
    assert dataset.splits["test"].inputs.shape == (10000, *shape)
    assert (len(dataset.class_names), dataset.class_names[0], dataset.class_names[-1]) == (10, first, last)
    for split in dataset.splits.values():
        assert (split.inputs.dtype, split.labels.dtype) == (np.uint8, np.int64)
        assert np.bincount(split.labels).min() > len(split) / 12  # every class is there, in about its share
    if source == "mnist":  # the two numbers of row C1
        pixels = dataset.splits["train"].inputs.astype(np.float32) / 255
        assert (round(float(pixels.mean()), 4), round(float(pixels.std()), 4)) == (0.1307, 0.3081)
