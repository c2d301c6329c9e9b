"""The published datasets: fetched by torchvision or from a mirror, verified by their published checksums."""

import errno
import os
import shutil
import socket
import tempfile
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from pathlib import Path
from types import ModuleType

import numpy as np

from vision.data.dataset import Dataset, Samples
from vision.pipeline.errors import UserError

TIMEOUT_SECONDS = 30
DAMAGED = "differs from its published checksum (cut short, or another page in its place)"
DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}  # of this machine, not of the mirror


def fetch(source: str, mirror: str | None) -> Dataset:
    """Fetch a dataset, verify it and return its published splits, train and test.

    Args:
        source: digits, or a key of PUBLISHED
        mirror: a folder or a base URL that holds the published files (mnist/, fashion_mnist/, cifar-10-batches-py/);
            None or "" for torchvision's own addresses

    Raises:
        UserError: nothing could be fetched, or a file differs from its published checksum
    """
    if source == "digits":
        return _load_digits()
    if mirror and "://" not in mirror and not Path(mirror).is_dir():
        raise UserError(f"DATA_MIRROR is {mirror!r}: no such folder; name an existing folder or a URL, or unset it")
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    mirror_folder, fetch_published = PUBLISHED[source]
    with tempfile.TemporaryDirectory() as folder:
        return fetch_published(import_torchvision_datasets(), folder, [f"{mirror}/{mirror_folder}"] if mirror else [])


def _place(utils: ModuleType, bases: list[str], name: str, md5: str, folder: str) -> None:
    """Put one published file into `folder`, from the first base, a folder or a URL, that gives it intact."""
    reasons = []
    for base in bases:
        address = f"{base.rstrip('/')}/{name}"
        try:
            if "://" in base:
                utils.download_url(address, folder, name, md5)
            else:
                os.makedirs(folder, exist_ok=True)
                shutil.copyfile(address, f"{folder}/{name}")
            if utils.check_integrity(f"{folder}/{name}", md5):
                return
            reasons.append(f"{address}: {DAMAGED}")
        except RuntimeError:  # torchvision's word for a checksum that differs
            reasons.append(f"{address}: {DAMAGED}")
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, OSError) and error.errno in DISK_ERRORS:
                raise
            reasons.append(f"{address}: {getattr(error, 'reason', None) or getattr(error, 'strerror', None) or error}")
    raise UserError(
        f"could not fetch {name} ({'; '.join(reasons)}): check the network, or set DATA_MIRROR to a folder or URL that "
        "holds the published files, or run `make demo`, which needs none"
    )


def import_torchvision_datasets() -> ModuleType:
    """Import torchvision.datasets also where torchvision was built for another torch build (CUDA beside CPU).

    Its compiled operators do not load there, and its import then fails on their absence; the datasets need none.
    """
    try:
        import torchvision.datasets
    except RuntimeError:
        from torch.library import define

        for operator in ("nms", "qnms"):
            define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision.datasets
    return torchvision.datasets


def _fetch_idx(class_name: str, datasets: ModuleType, folder: str, bases: list[str]) -> Dataset:
    """MNIST and its look-alikes: four gzipped idx files."""
    published = getattr(datasets, class_name)
    raw = f"{folder}/{class_name}/raw"  # where torchvision looks for them
    for name, md5 in published.resources:
        _place(datasets.utils, bases or published.mirrors, name, md5, raw)
        datasets.utils.extract_archive(f"{raw}/{name}")
    parts = {name: published(folder, train=name == "train") for name in ("train", "test")}
    splits = {name: _samples(part.data.numpy()[:, None], part.targets.numpy()) for name, part in parts.items()}
    return Dataset(splits, [name.split(" - ")[0] for name in published.classes])


def _fetch_cifar10(datasets: ModuleType, folder: str, bases: list[str]) -> Dataset:
    """CIFAR-10: pickled batches, in one archive at their published address; opened only after their checksums held."""
    published, utils = datasets.CIFAR10, datasets.utils
    if bases:
        files = [*published.train_list, *published.test_list, [published.meta["filename"], published.meta["md5"]]]
        for name, md5 in files:
            _place(utils, bases, name, md5, f"{folder}/{published.base_folder}")
    else:
        _place(utils, [published.url.removesuffix(published.filename)], published.filename, published.tgz_md5, folder)
        utils.extract_archive(f"{folder}/{published.filename}")
    parts = {name: published(folder, train=name == "train") for name in ("train", "test")}
    splits = {name: _samples(part.data.transpose(0, 3, 1, 2), np.array(part.targets)) for name, part in parts.items()}
    return Dataset(splits, parts["train"].classes)


def _load_digits() -> Dataset:
    """scikit-learn's bundled 8x8 digits, scaled up to 28x28; the last fifth, by other writers, is the test part."""
    from scipy.ndimage import zoom
    from sklearn.datasets import load_digits

    digits = load_digits()
    large = zoom(digits.images * (255 / 16), (1, 3.5, 3.5), order=1, mode="nearest", grid_mode=True)
    images = large.round().astype(np.uint8)[:, None]
    n_test = len(images) // 5
    parts = {"train": slice(None, -n_test), "test": slice(-n_test, None)}
    splits = {name: _samples(images[part], digits.target[part]) for name, part in parts.items()}
    return Dataset(splits, [str(name) for name in digits.target_names])


def _samples(images: np.ndarray, labels: np.ndarray) -> Samples:
    return Samples(np.ascontiguousarray(images), labels.astype(np.int64), np.arange(len(labels)))


PUBLISHED: dict[str, tuple[str, Callable[[ModuleType, str, list[str]], Dataset]]] = {
    # source: (its folder on a mirror, what fetches it)
    "mnist": ("mnist", partial(_fetch_idx, "MNIST")),
    "fashion_mnist": ("fashion_mnist", partial(_fetch_idx, "FashionMNIST")),
    "cifar10": ("cifar-10-batches-py", _fetch_cifar10),
}
