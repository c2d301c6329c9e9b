"""A small DVC repository with results as the pipeline leaves them, written by hand, for tests of what a change did."""

import csv
import json
import shutil
from contextlib import chdir
from pathlib import Path

import yaml
from dvc.repo import Repo

from tests.repositories import git
from tests.scratch import ROOT
from vision.scores.estimate import Estimate, write_scores
from vision.scores.intervals import wilson_interval

IMAGES = 10_000
PARAMS = {"lr": 0.1, "seed": 0, "models": {"convnet": {"hidden": [10]}, "svm": {"c": 1}, "knn": {"k": 5}}}
MODELS = "plots/models/handwriting"
GIT = {"cache": False}
STAGES = {
    "download": {"cmd": "true", "outs": ["data/raw/handwriting.npz"]},
    "evaluate": {
        "foreach": "${models}",
        "do": {
            "cmd": "evaluate ${key}",
            "deps": ["code", "data/raw/handwriting.npz"],
            "params": ["lr", "models.${key}"],
            "outs": ["data/models/handwriting/${key}.npz"],
            "metrics": [{"metrics/${key}.json": GIT}],
            "plots": [{f"{MODELS}/${{key}}/evaluation": GIT}],
        },
    },
    "plot": {"cmd": "plot", "deps": ["data/models/handwriting"], "plots": [{"plots/figures/handwriting": GIT}]},
    "subsets": {"cmd": "subsets", "deps": ["data/raw/handwriting.npz"], "plots": [{"plots/subsets/evaluation": GIT}]},
    "claims_000": {
        "cmd": "mkdir -p plots/claims/000 && cp claims.txt plots/claims/000/claims.csv",
        "deps": ["claims.txt", MODELS],
        "plots": [{"plots/claims/000": GIT}],
    },
}


def make_study(folder: Path) -> Path:
    """Make a repository whose only commit, on the branch main, holds parameters and results of three models."""
    git(folder, "init", "--quiet", "--initial-branch", "main")
    Repo.init(str(folder)).close()
    shutil.copy(ROOT / "margins.yaml", folder / "margins.yaml")
    (folder / ".gitignore").write_text("/data/\n")
    (folder / "code").mkdir()
    (folder / "code/net.py").write_text("a network")
    write_params(folder)
    write_data(folder / "data/raw/handwriting.npz", "images")
    for name in PARAMS["models"]:
        write_model(folder, name, range(50))
    write_claims(folder, supported=["More is better."])
    write_data(folder / "plots/figures/handwriting/convnet/tsne.png", "a picture")
    write_subsets(folder, 0.99)
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": json.loads(json.dumps(STAGES))}))
    write_lock(folder)
    commit(folder)
    return folder


def write_params(folder: Path, **changes: object) -> None:
    (folder / "params.yaml").write_text(yaml.safe_dump(PARAMS | changes))


def write_lock(folder: Path) -> None:
    """Write dvc.lock as if every stage had just made what lies in the folder."""
    with chdir(folder), Repo() as repo:
        repo.commit(force=True)


def commit(folder: Path) -> str:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", "results")
    return git(folder, "rev-parse", "HEAD").strip()


def write_data(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_table(path: Path, rows: list[dict], columns: tuple[str, ...] = ()) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_claims(folder: Path, interval: str = "", **claims: list[str]) -> None:
    """Write the claims of document 000, by verdict; the table and what its stage copies."""
    rows = [
        {"row": "C5", "id": "C5", "claim": text, "measured": "1, 2", "interval": interval, "verdict": word}
        for word, texts in claims.items()
        for text in texts
    ]
    for name in ("claims.txt", "plots/claims/000/claims.csv"):
        write_table(folder / name, rows)


def write_subsets(folder: Path, accuracy: float) -> None:
    """Write the mean test accuracy over seeds of runs on part of the training images."""
    number = Estimate(accuracy, accuracy - 0.001, accuracy + 0.001, 3)
    table = folder / "plots/subsets/evaluation/scores.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    write_scores(table, {"sizes": {"images_500": {"test_accuracy": number, "test_accuracy_std": 0.0003}}})


def write_model(folder: Path, name: str, wrong, *, loss=0.1, **scores: object) -> None:
    """Write what the evaluation of a model writes.

    Args:
        wrong: indices of the test images that it gets wrong; the label of an image is the last digit of its index
        scores: further ones
    """
    wrong, tables = list(wrong), folder / MODELS / name / "evaluation"
    rows = [
        {"image": image, "label": image % 10, "predicted": (image + 1) % 10, "probability": 1 - image / 10**5}
        for image in wrong
    ]
    write_table(tables / "errors.csv", rows, ("image", "label", "predicted", "probability"))
    write_table(tables / "classes.csv", [{"class": label, "f1": 1 - len(wrong) / IMAGES} for label in range(10)])
    write_data(folder / f"data/models/handwriting/{name}.npz", str(wrong))
    accuracy, bounds = 1 - len(wrong) / IMAGES, wilson_interval(IMAGES - len(wrong), IMAGES)
    test = {"images": IMAGES, "accuracy": Estimate(accuracy, *bounds)}
    test |= {"loss": Estimate(loss, loss - 0.01, loss + 0.01), **scores}
    write_scores(tables / "scores.csv", {"test": test})
    low, high = bounds
    headline = {"accuracy": accuracy, "accuracy_low": low, "accuracy_high": high, "loss": loss}
    write_data(folder / f"metrics/{name}.json", json.dumps({"test": headline}) + "\n")
