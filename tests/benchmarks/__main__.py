"""`make bench`: the time of our loops compared with the documents' loops, with medians and ratios.

The images are scikit-learn's digits at 28x28, repeated, so that nothing needs to be fetched. Both sides compute in the
numerics that params.yaml names.
"""

import stages  # noqa: F401, I001  chooses the numerics, before anything that computes is imported

import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
import torch
import torch.nn.functional as F
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from torch.utils.data import DataLoader

from tests.benchmarks import arithmetic
from vision.data.dataset import Dataset, Samples
from vision.data.fetching import fetch, import_torchvision_datasets
from vision.nets import build
from vision.nets.vgg16 import Conv3x3
from vision.pipeline.params import load_params
from vision.pipeline.process import fix_seeds_and_threads
from vision.pipeline.schema.models import plain_recipe
from vision.training.history import train as train_epochs
from vision.training.jobs import Job, train_all
from vision.training.loop import TorchTrainer
from vision.training.numpy_loop import SGDTrainer
from vision.studies.finetuning import start_phase

N_IMAGES = 10_000
REPEATS = 5
PARAMS = load_params(Path("params.yaml"))
PIXELS = {"mean": [0.0], "std": [1.0], "shape": [1, 28, 28], "n_classes": 10}
CONVNET = PIXELS | {"mean": [0.13], "std": [0.31], "dropout": PARAMS.dropout}


def compare(
    what: str, plain_name: str, plain: Callable[[], object], ours: Callable[[], object], *,
    ours_name: str = "in memory, whole batches", repeats: int = REPEATS, plain_factor: float = 1,
) -> None:  # fmt: skip
    """Time two ways in turn, after one warm-up each, and print medians and ratios; plain_factor scales a part."""
    seconds = {plain: [], ours: []}
    for repeat in range(repeats + 1):
        for way, times in seconds.items():
            start = time.perf_counter()
            way()
            if repeat:
                times.append((time.perf_counter() - start) * (plain_factor if way is plain else 1))
    ratios = [slow / fast for slow, fast in zip(seconds[plain], seconds[ours], strict=True)]
    print(f"{what} ({repeats} repeats, {PARAMS.threads} threads)")
    for name, times in ((plain_name, seconds[plain]), (ours_name, seconds[ours])):
        print(f"  {name:45} median {statistics.median(times):7.2f} s  ({min(times):.2f} to {max(times):.2f})")
    print(f"  times faster: median {statistics.median(ratios):.1f}  ({min(ratios):.1f} to {max(ratios):.1f})\n")


def digits(n_images: int) -> Samples:
    train = fetch("digits", None).splits["train"]
    return train[np.arange(n_images) % len(train)]


def as_pil(images: Samples, transform: Callable) -> torch.utils.data.Dataset:
    """The images as torchvision's datasets return them: one at a time, through PIL and a transform."""
    datasets = import_torchvision_datasets()
    from PIL import Image

    class Plain(datasets.VisionDataset):
        def __len__(self) -> int:
            return len(images)

        def __getitem__(self, i: int) -> tuple[torch.Tensor, int]:
            return transform(Image.fromarray(images.inputs[i, 0])), int(images.labels[i])

    return Plain(".")


def training_epoch(images: Samples) -> None:
    """One epoch of the ConvNet: the document's DataLoader with PIL transforms, and ours."""
    import_torchvision_datasets()
    from torchvision import transforms

    shift = PARAMS.shift_pixels / 28
    scale = (1 - PARAMS.scale_fraction, 1 + PARAMS.scale_fraction)
    affine = transforms.RandomAffine(PARAMS.rotation_degrees, (shift, shift), scale)
    normalise = transforms.Normalize(CONVNET["mean"], CONVNET["std"])
    transform = transforms.Compose([affine, transforms.ToTensor(), normalise])

    def plain() -> None:
        net = build("convnet", **CONVNET | {"mean": [0.0], "std": [1.0]}).train()  # the transform has standardised
        optimizer = torch.optim.SGD(net.parameters(), PARAMS.lr, PARAMS.momentum)
        loss_sum = n_correct = 0
        for inputs, targets in DataLoader(as_pil(images, transform), batch_size=PARAMS.batch_size, shuffle=True):
            logits = net(inputs)
            loss = F.cross_entropy(logits, targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(targets)
            n_correct += (logits.argmax(1) == targets).sum().item()

    def ours() -> None:
        recipe = PARAMS.network("convnet").with_overrides({"epochs": 1})
        trainer = TorchTrainer(build("convnet", **CONVNET), images, recipe, seed=0)
        train_epochs(trainer, images[:1], epochs=1, on_epoch=lambda row: None)

    compare(f"One ConvNet training epoch of {N_IMAGES:,} images", "DataLoader, PIL transforms, float32", plain, ours)


def grid(train: Samples, valid: Samples) -> None:
    """The 30 points of the tanh network's grid: the document's loop, one point after the other, and ours.

    Of the plain way, one epoch is timed for each batch size at the middle width, and scaled to three epochs of all.
    """
    import_torchvision_datasets()
    from torchvision import transforms

    model, epochs = PARAMS.models["tanh_mlp"], 3
    points = [model.with_overrides(values | {"epochs": epochs}) for values in model.grid(0)]
    jobs = [Job.of("point", point, 0) for point in points]
    sizes = sorted({point.batch_size for point in points})
    loaded = {name: as_pil(images, transforms.ToTensor()) for name, images in (("train", train), ("valid", valid))}

    def plain() -> None:
        for batch_size in sizes:
            net = build("mlp", **PIXELS, hidden=[100], activation="tanh")
            optimizer = torch.optim.SGD(net.parameters(), 0.1, weight_decay=model.weight_decay)
            losses = []
            for inputs, targets in DataLoader(loaded["train"], batch_size=batch_size, shuffle=True):
                optimizer.zero_grad()
                loss = F.cross_entropy(net(inputs), targets)
                losses.append(loss.item())
                loss.backward()
                optimizer.step()
            sum((net(inputs).argmax(1) == targets).sum().item() for inputs, targets in DataLoader(loaded["valid"], 256))

    with TemporaryDirectory() as folder:
        path = Path(folder) / "data.npz"
        Dataset({"train": train, "valid": valid}, list("0123456789"), np.array([0.13]), np.array([0.31])).save(path)
        compare(
            f"The grid of {len(points)} tanh networks, {epochs} epochs of {len(train):,} images each",
            "DataLoader, PIL, one by one (scaled)", plain, lambda: train_all(jobs, data=path, device="cpu"),
            ours_name="one process for each core", repeats=3, plain_factor=epochs * len(points) / len(sizes),
        )  # fmt: skip


def frozen_phase(images: Samples) -> None:
    """The epochs of fine-tuning in which the backbone is frozen: running it in each, and once for all."""
    entry = PARAMS.finetuned["resnet18"]
    data = Dataset({"train": images, "valid": images[:1]}, list("0123456789"), np.array([0.13]), np.array([0.31]))
    net = build("resnet18", **data.net_inputs, head="concat_pool")
    recipe = entry.recipe(entry.frozen, PARAMS.defaults)

    def plain() -> None:
        head = torch.nn.Sequential(net.pool, net.fc).train()
        optimizer = torch.optim.AdamW(head.parameters(), entry.frozen.lr[0], fused=True)
        batches = np.split(np.arange(len(images)), range(recipe.batch_size, len(images), recipe.batch_size))
        for batch in batches * recipe.epochs:
            with torch.no_grad():
                maps = net.eval().features(torch.from_numpy(images.inputs[batch]).float() / 255)
            optimizer.zero_grad()
            F.cross_entropy(head.train()(maps), torch.from_numpy(images.labels[batch])).backward()
            optimizer.step()

    def ours() -> None:
        trainer, valid = start_phase(net, entry, entry.frozen, data, recipe, 0)
        train_epochs(trainer, valid, recipe.epochs)

    title = f"{recipe.epochs} epochs of a head on a frozen ResNet-18, {len(images):,} images"
    compare(title, "backbone in every epoch", plain, ours, ours_name="features of all images once", repeats=3)


def convolutions(images: Samples) -> None:
    """One step of a VGG16: its convolutions as torch computes them, and by Winograd's algorithm."""
    net = build("vgg16", **PIXELS, norms=True, head="linear", dense_units=0).train()
    pixels, labels = torch.from_numpy(images.inputs).float() / 255, torch.from_numpy(images.labels)

    def step(forward: Callable) -> None:
        with patch.object(Conv3x3, "forward", forward):
            F.cross_entropy(net(pixels), labels).backward()

    torchs, ours = torch.nn.Conv2d.forward, Conv3x3.forward
    title = f"Forward and backward of a VGG16, {len(images):,} images of 28 pixels"
    compare(title, "torch's convolutions", lambda: step(torchs), lambda: step(ours), ours_name="Winograd's algorithm")


def network_from_scratch(images: Samples) -> None:
    """Epochs of a perceptron by plain descent: scikit-learn's, and ours in NumPy."""
    epochs = 3
    plain_descent = {"momentum": 0, "nesterovs_momentum": False, "alpha": 0, "tol": 0, "n_iter_no_change": epochs}
    theirs = MLPClassifier(
        (128,), solver="sgd", learning_rate_init=0.1, batch_size=32, max_iter=epochs, random_state=0, **plain_descent
    )
    recipe = plain_recipe(lr=0.1, batch_size=32, epochs=epochs)

    def plain() -> None:
        with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
            theirs.fit(images.rows, images.labels)

    def ours() -> None:
        net = build("numpy_mlp", **PIXELS, hidden=[128], activation="relu")
        trainer = SGDTrainer(net, images, recipe, seed=0)
        for epoch in range(epochs):
            trainer.train_epoch(epoch + 1)

    what = f"{epochs} epochs of a perceptron with 128 hidden units, {len(images):,} images, batches of 32"
    compare(what, "scikit-learn's MLPClassifier", plain, ours, ours_name="NumPy, from scratch")


if __name__ == "__main__":
    fix_seeds_and_threads(seed=0, threads=PARAMS.threads)
    arithmetic.print_multiples(PARAMS)
    training_epoch(digits(N_IMAGES))
    frozen_phase(digits(2_560))
    convolutions(digits(128))
    network_from_scratch(digits(N_IMAGES))
    grid(digits(50_000), digits(10_000))
