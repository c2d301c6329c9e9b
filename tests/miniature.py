"""The pipeline of dvc.yaml on a few hundred digits: each stage is called in this process, and DVC records the results.

Without the start of a process for each stage, and with one dvc.lock written at the end, all of it takes two minutes.
"""

import copy
import json
import shlex
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

import dvc.stage.run
import networkx
import pytest
import sklearn.datasets
from dvc.repo import Repo
from dvc.stage.serialize import to_single_stage_lockfile
from dvc.utils.serialize import dump_yaml
from PIL import Image

import stages.plot
import stages.plot_models
from tests.repositories import TINY, git
from tests.running import call
from tests.scratch import make_scratch, merge
from vision.figures.model import draw_model

IMAGES = 300
SMALLER = {
    "features": {f"{role}_scattering": {"hyper": {"angles": 4}} for role in ("handwriting", "colour")},
    "classifiers": {"svm": None, "colour_mean_image": None, "fashion_mean_image": None},
    "compared": {
        "handwriting": [
            "mean_image", "softmax", "tanh_mlp", "relu_mlp", "scattering_linear", "resnet18", "resnet18_document",
            "convnet",
        ],
        "fashion": ["fashion_knn", "numpy_relu", "vgg16_frozen", "vgg16"],
        "colour": ["colour_scattering_linear", "colour_resnet18"],
    },
    "embeddings": {
        name: {"perplexity": 10}
        for name in ("convnet", "relu_mlp", "handwriting_finetuned", "resnet18_head", "colour_backbone")
    },
    "explanations": {"iterations": 5, "steps": 2},
    "benchmark": {"component_images": 100, "components": 5, "trees": 3, "softmax": {"epochs": 1}},
}  # fmt: skip
DRAWN = ("convnet", "mean_image")
FIGURES = ("confusion", "misclassified", "sample", "wrong_labels", "reliability")


@contextmanager
def opened(folder: Path) -> Iterator[Repo]:
    """Give DVC's view of a scratch copy, whose stages it runs in this process, on the first digits alone."""
    digits = sklearn.datasets.load_digits()
    digits.update(images=digits.images[:IMAGES], target=digits.target[:IMAGES])
    with chdir(folder), Repo() as repo, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sklearn.datasets, "load_digits", lambda: digits)
        patch.setattr(dvc.stage.run, "_run", lambda _, command, **options: call(shlex.split(command), folder))
        yield repo


def reproduce(folder: Path, *targets: str, **options: object) -> set[str]:
    """Do what `dvc repro` does; return the names of the stages that ran."""
    with opened(folder) as repo:
        return {stage.addressing for stage in repo.reproduce(targets or None, **options)}


def draw_few(data: Path, models: Path, tables: Path, figures: Path, name: str) -> None:
    """Draw the figures of a few models, and blank ones of the others: those of twenty models take a minute."""
    if name in DRAWN:
        draw_model(data, models, tables, figures, name)
        return
    names = [*FIGURES, "curves"] if (tables / name / "training").exists() else FIGURES
    (figures / name).mkdir(parents=True)
    for figure in names:
        Image.new("RGB", (8, 8)).save(figures / name / f"{figure}.png")


def build(folder: Path) -> Path:
    """Make a scratch copy in which every stage has run and the results are committed."""
    overrides = copy.deepcopy(TINY)
    merge(overrides, SMALLER)
    make_scratch(folder, overrides)
    with opened(folder) as repo, repo.lock:
        locked = {}
        for stage in networkx.dfs_postorder_nodes(repo.index.graph):  # what a stage depends on comes before it
            with pytest.MonkeyPatch.context() as patch:
                for script in (stages.plot, stages.plot_models):
                    patch.setattr(script, "draw_model", draw_few)
                call(shlex.split(stage.cmd), folder)
            stage.save()
            stage.commit()
            locked[stage.addressing] = to_single_stage_lockfile(stage)
    dump_yaml(folder / "dvc.lock", json.loads(json.dumps({"schema": "2.0", "stages": locked})))  # of plain types
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "results")
    return folder
