"""Tiny mirrors of the published datasets and weights, for the tests of fetching."""

import gzip
import hashlib
import io
import os
import pickle
import socket
import struct
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import torch

IMAGES = np.arange(6 * 28 * 28, dtype=np.uint8).reshape(6, 28, 28)
COLOUR = np.resize(IMAGES, (6, 3, 32, 32))
LABELS = np.array([3, 1, 4, 1, 5, 9], np.uint8)
ARCHIVE = "cifar-10-python.tar.gz"


def write_idx(folder: Path) -> None:
    """Write four gzipped idx files: 6 training images, the first 2 of them also as test images."""
    folder.mkdir(parents=True)
    for part, count in (("train", 6), ("t10k", 2)):
        images, labels = struct.pack(">4i", 2051, count, 28, 28), struct.pack(">2i", 2049, count)
        (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images + IMAGES[:count].tobytes()))
        (folder / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels + LABELS[:count].tobytes()))


def write_cifar10(folder: Path) -> None:
    """Write pickled batches of 6 images, two for training and one for testing, and beside the folder their archive."""
    folder.mkdir(parents=True)
    batch = {"data": COLOUR.reshape(6, -1), "labels": LABELS.tolist()}
    meta = {"label_names": [f"class {number}" for number in range(10)]}
    for name in ("data_batch_1", "data_batch_2", "test_batch", "batches.meta"):
        (folder / name).write_bytes(pickle.dumps(meta if name == "batches.meta" else batch))
    with tarfile.open(folder.parent / ARCHIVE, "w:gz") as archive:
        archive.add(folder, folder.name)


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


class Trap:
    """Unpickling one makes a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.folder),)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder over HTTP; give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def unserved(*, listening: bool) -> Iterator[str]:
    """Give an address where no server answers: it is closed, or takes requests and stays silent."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))  # also where it does not listen, so that no other program gets this port
        if listening:
            holder.listen()
        yield f"http://127.0.0.1:{holder.getsockname()[1]}"


def write_weights(folder: Path, net: str, state: dict[str, torch.Tensor], **options: object) -> Path:
    """Write weights as torchvision publishes them, under a name that ends with the hash of the content."""
    torch.save(state, buffer := io.BytesIO(), **options)
    path = folder / "weights" / f"{net}-{hashlib.sha256(buffer.getvalue()).hexdigest()[:8]}.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(buffer.getvalue())
    return path
