"""Published files: taken whole from a folder or over HTTP, and nothing damaged, missing or foreign gets through."""

import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.mirrors import (
    ARCHIVE,
    COLOUR,
    IMAGES,
    LABELS,
    Trap,
    answering,
    closed,
    damage,
    md5,
    served,
    write_cifar10,
    write_idx,
)
from vision.data import fetching
from vision.data.fetching import fetch
from vision.pipeline.errors import UserError

REAL = Path(os.environ.get("DATA_MIRROR") or "no mirror")
FIRST = "train-images-idx3-ubyte.gz"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")


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
        for base in (mirror, f"{mirror}/", address, mirror.as_uri(), f"{mirror.as_uri()}/"):
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


@pytest.mark.parametrize("kind", ["folder", "file", "http"])
@pytest.mark.parametrize("how", ["missing", "a folder", "truncated", "flipped", "page", "empty"])
def test_damage_is_one_line_that_names_the_file(how, kind, mirror):
    with served(mirror) as address:
        base = {"folder": mirror, "file": mirror.as_uri(), "http": address}[kind]
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


@pytest.mark.parametrize(
    "base", ["/no/such/folder", "/", "nonsense://host", "http://", "http://[::1", "http://a b", "file:///no/such"]
)
def test_an_address_that_is_none(base, mirror):
    assert base in refusal("mnist", base)


def test_a_server_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(fetching, "SILENCE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (giving_up := threading.Timer(5, silent.close)).start()
        assert "timed out" in refusal("mnist", f"http://127.0.0.1:{silent.getsockname()[1]}")
        giving_up.cancel()


@pytest.mark.parametrize(
    "begun", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["status", "header", "body"]
)
def test_a_server_that_drips_is_given_up(begun, mirror, monkeypatch):
    monkeypatch.setattr(fetching, "FILE_SECONDS", 0.5)
    start = time.monotonic()
    with answering(begun, drip_seconds=0.1) as address:
        assert "took longer than 0.5 seconds" in refusal("cifar10", address)
    assert time.monotonic() - start < 5


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: /mnist/%b\r\n\r\n" % FIRST.encode(), "infinite loop"),
        (b"HTTP/1.1 2\x1b[31m\x00 \xff\rnonsense\r\n\r\n", "HTTP/1.1 2?[31m"),
        (b"\x00\r\n", FIRST),
        (b"HTTP/1.1 500 " + b"x" * 9999 + b"\r\n\r\n", "xxx"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", FIRST),
        (b"", "closed connection"),
    ],
    ids=["redirect loop", "garbage status", "no status", "long reason", "garbage chunk", "nothing"],
)
def test_an_answer_that_is_none_is_one_line(answer, word, mirror):
    with answering(answer) as address:
        message = refusal("mnist", address)
    assert word in message
    assert message.isprintable()
    assert len(message) < 1000


def test_what_a_killed_run_left_is_cleared(mirror, tmp_path):
    folder = tmp_path / ".handwriting.npz.tmp"
    command = f"""
import os, signal
from pathlib import Path
from vision.data import fetching
fetching._place = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
fetching.fetch("mnist", {str(mirror)!r}, Path({str(folder)!r}))
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
    Path(environment["TMPDIR"]).mkdir()
    died = subprocess.run([sys.executable, "-c", command], env=environment)
    assert died.returncode == -9
    assert folder.is_dir()
    assert not any(Path(environment["TMPDIR"]).iterdir())
    (folder / "rest").touch()
    assert np.array_equal(fetch("mnist", str(mirror), folder).splits["train"].inputs[:, 0], IMAGES)
    assert not folder.exists()
    damage(mirror / f"mnist/{FIRST}", "flipped")
    with pytest.raises(UserError):
        fetch("mnist", str(mirror), folder)
    assert not folder.exists()


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
