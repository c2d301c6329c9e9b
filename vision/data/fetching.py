"""The published datasets: fetched by torchvision or from a mirror, verified by their published checksums."""

import os
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from http.client import HTTPException
from types import ModuleType
from urllib.request import Request, urlopen

import numpy as np

from vision.data.dataset import Dataset, Samples
from vision.pipeline.errors import UserError
from vision.pipeline.parsing import one_line

SILENCE_SECONDS = 30  # after which a server is given up


def fetch(source: str, mirror: str | None) -> Dataset:
    """Fetch a dataset, verify it and return its published splits, train and test.

    Args:
        source: digits, or a key of PUBLISHED
        mirror: a folder or a base URL that holds the published files (mnist/, fashion_mnist/, cifar-10-batches-py/);
            None or "" for torchvision's addresses

    Raises:
        UserError: nothing could be fetched, or a file differs from its published checksum
    """
    if source == "digits":
        return _load_digits()
    mirror_folder, fetch_published = PUBLISHED[source]
    with tempfile.TemporaryDirectory() as folder:
        bases = [f"{mirror}/{mirror_folder}"] if mirror else []
        return fetch_published(import_torchvision_datasets(), folder, bases)


def fetch_file(bases: list[str], name: str, folder: str, is_intact: Callable[[str], bool], advice: str) -> None:
    """Put one file into `folder`, from the first base, a folder or a URL, that holds it intact.

    Args:
        is_intact: whether the file at this path, not opened yet, is the published one
        advice: what to do, the end of the error's message

    Raises:
        UserError: no base holds it
    """
    reasons, path = [], f"{folder}/{name}"
    for base in bases:
        address = f"{base.rstrip('/')}/{name}"
        os.makedirs(folder, exist_ok=True)
        try:
            (_download if "://" in base else shutil.copyfile)(address, path)
            if is_intact(path):
                return
            reasons.append(f"{address}: differs from its published checksum (cut short, or another page in its place)")
        except (OSError, HTTPException, ValueError) as error:
            reasons.append(f"{address}: {one_line(getattr(error, 'strerror', None) or str(error))[:200]}")
    raise UserError(f"could not fetch {name} ({'; '.join(reasons)}): {advice}")


def _download(address: str, path: str) -> None:
    print(f"fetching {address}", flush=True)
    request = Request(address, headers={"User-Agent": "vision"})
    with urlopen(request, timeout=SILENCE_SECONDS) as response, open(path, "wb") as file:
        shutil.copyfileobj(response, file)


def import_torchvision_datasets() -> ModuleType:
    """Import torchvision.datasets, also where its compiled operators are for another torch build (CUDA or CPU)."""
    try:
        import torchvision.datasets
    except RuntimeError:
        from torch.library import define

        for operator in ("nms", "qnms"):
            define(f"torchvision::{operator}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        import torchvision.datasets
    return torchvision.datasets


def _fetch_verified(utils: ModuleType, bases: list[str], name: str, md5: str, folder: str) -> None:
    advice = "check the network, or set DATA_MIRROR to a folder or URL of the published files; `make demo` needs none"
    fetch_file(bases, name, folder, lambda path: utils.check_integrity(path, md5), advice)


def _fetch_idx(class_name: str, datasets: ModuleType, folder: str, bases: list[str]) -> Dataset:
    """Fetch MNIST or Fashion-MNIST: four gzipped idx files."""
    published = getattr(datasets, class_name)
    raw = f"{folder}/{class_name}/raw"  # where torchvision reads them
    for name, md5 in published.resources:
        _fetch_verified(datasets.utils, bases or published.mirrors, name, md5, raw)
        datasets.utils.extract_archive(f"{raw}/{name}")
    parts = {name: published(folder, train=name == "train") for name in ("train", "test")}
    splits = {name: _samples(part.data.numpy()[:, None], part.targets.numpy()) for name, part in parts.items()}
    return Dataset(splits, [name.split(" - ")[0] for name in published.classes])


def _fetch_cifar10(datasets: ModuleType, folder: str, bases: list[str]) -> Dataset:
    """Fetch CIFAR-10: pickled batches, at the published address in one archive; opened only if the checksums match."""
    published, utils = datasets.CIFAR10, datasets.utils
    if bases:
        files = [*published.train_list, *published.test_list, [published.meta["filename"], published.meta["md5"]]]
        for name, md5 in files:
            _fetch_verified(utils, bases, name, md5, f"{folder}/{published.base_folder}")
    else:
        base = published.url.removesuffix(published.filename)
        _fetch_verified(utils, [base], published.filename, published.tgz_md5, folder)
        utils.extract_archive(f"{folder}/{published.filename}")
    parts = {name: published(folder, train=name == "train") for name in ("train", "test")}
    splits = {name: _samples(part.data.transpose(0, 3, 1, 2), np.array(part.targets)) for name, part in parts.items()}
    return Dataset(splits, parts["train"].classes)


def _load_digits() -> Dataset:
    """scikit-learn's 8x8 digits, scaled up to 28x28; the last fifth, by other writers, is the test part."""
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


# By source: its folder on a mirror, and the function that fetches it.
PUBLISHED: dict[str, tuple[str, Callable[[ModuleType, str, list[str]], Dataset]]] = {
    "mnist": ("mnist", partial(_fetch_idx, "MNIST")),
    "fashion_mnist": ("fashion_mnist", partial(_fetch_idx, "FashionMNIST")),
    "cifar10": ("cifar-10-batches-py", _fetch_cifar10),
}
