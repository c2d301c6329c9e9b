"""Small repositories with results as the pipeline leaves them, written by hand: for the tests of what a change did."""

import csv
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import yaml

from tests.repositories import git
from tests.scratch import ROOT
from vision.data.dataset import Dataset, Samples
from vision.scores.intervals import wilson_interval

IMAGES = 10_000
PARAMS = {"lr": 0.1, "seed": 0, "models": {"relu": {"lr": 0.001, "hyper": {"hidden": [10]}}}}
NAMES = ("convnet", "svm", "knn")


def make_study(folder: Path) -> Path:
    """Make a repository whose only commit, on the branch main, holds parameters and results of three models.

    Beside it lie the test images, 100 of noise.
    """
    git(folder, "init", "--quiet", "--initial-branch", "main")
    shutil.copy(ROOT / "margins.yaml", folder / "margins.yaml")
    (folder / ".gitignore").write_text("/data/\n")
    (folder / "params.yaml").write_text(yaml.safe_dump(PARAMS))
    write_images(folder)
    for name in NAMES:
        write_model(folder, name, range(50))
    write_table(folder / "plots/statements/000.csv", [statement("C5", "More is better.", "holds")])
    (folder / "plots/convnet").mkdir()
    (folder / "plots/convnet/tsne.png").write_bytes(b"a picture")
    write_lock(folder)
    commit(folder)
    return folder


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "results")
    return git(folder, "rev-parse", "HEAD").strip()


def write_table(path: Path, rows: list[dict], columns: tuple[str, ...] = ()) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def statement(row: str, text: str, verdict: str) -> dict[str, str]:
    return {"row": row, "statement": text, "measured": "1, 2", "because": "so", "verdict": verdict}


def write_model(folder: Path, name: str, wrong, *, loss=0.1, updates=(100,), parameters=1000, **metrics) -> None:
    """Write what the evaluation of a model writes.

    Args:
        wrong: indices of the test images that it gets wrong; the label of an image is the last digit of its index
    """
    wrong, tables = list(wrong), folder / f"plots/models/{name}"
    rows = [
        {"image": image, "label": image % 10, "predicted": (image + 1) % 10, "probability": 1 - image / 10**5}
        for image in wrong
    ]
    write_table(tables / "errors.csv", rows, ("image", "label", "predicted", "probability"))
    write_table(tables / "runs.csv", [{"round": 1, "updates": count} for count in updates])
    low, high = wilson_interval(IMAGES - len(wrong), IMAGES)
    test = {"images": IMAGES, "correct": IMAGES - len(wrong), "accuracy": 1 - len(wrong) / IMAGES}
    test |= {"accuracy_low": low, "accuracy_high": high}
    test |= {"loss": loss, "loss_low": loss - 0.01, "loss_high": loss + 0.01}
    write_metrics(folder, name, {"parameters": parameters, "train": {"images": 50_000}, "test": test, **metrics})


def write_metrics(folder: Path, name: str, metrics: object) -> None:
    (folder / "metrics").mkdir(exist_ok=True)
    (folder / f"metrics/{name}.json").write_text(json.dumps(metrics, indent=2) + "\n")


def write_lock(folder: Path, *, images: bytes = b"", **params: object) -> None:
    """Write dvc.lock: the md5 of each result, of the predictions, which are not here, and of the test images.

    Args:
        images: what stands for the test images, where it is not their file
        params: what the stages ran with
    """
    paths = [path for part in ("metrics", "plots") for path in sorted((folder / part).rglob("*")) if path.is_file()]
    outs = {str(path.relative_to(folder)): path.read_bytes() for path in paths}
    for path in sorted((folder / "metrics").glob("*.json")):
        outs[f"data/predictions/handwriting/{path.stem}.npz"] = path.read_bytes()
    outs["data/prepared/handwriting_test.npz"] = images or (folder / "data/prepared/handwriting_test.npz").read_bytes()
    described = [{"path": name, "md5": hashlib.md5(content).hexdigest()} for name, content in outs.items()]
    lock = {"schema": "2.0", "stages": {"all": {"cmd": "true", "params": {"params.yaml": params}, "outs": described}}}
    (folder / "dvc.lock").write_text(yaml.safe_dump(lock))


def write_images(folder: Path) -> None:
    """Write test images of noise; an image's index is not its place."""
    images = np.random.default_rng(0).integers(0, 256, (100, 1, 28, 28), np.uint8)
    indices = np.arange(100)[::-1].copy()
    (folder / "data/prepared").mkdir(parents=True)
    split = Samples(images, indices % 10, indices)
    names = [f"digit {label}" for label in range(10)]
    Dataset({"test": split}, names).save(folder / "data/prepared/handwriting_test.npz")
