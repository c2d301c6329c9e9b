"""The whole pipeline on scikit-learn's digits: what it makes, what it makes anew, and that the bits are the same."""

import csv
import json
import math
import re
import sys

import pytest
import yaml

from tests.repositories import TINY, dvc, git, ran, sums
from tests.running import change, end, start
from tests.scratch import make_scratch

TINY_NET = '''"""Each pixel of a coarse grid is a feature."""

import torch
from torch import nn


class Coarse(nn.Module):
    """Softmax regression on pooled pixels."""

    def __init__(self, *, mean, std, image_pixels, n_classes, grid):
        super().__init__()
        self.pool, self.head = nn.AdaptiveAvgPool2d(grid), nn.Linear(len(mean) * grid**2, n_classes)

    def forward(self, images):
        return self.head(self.pool(images).flatten(1))
'''


def leaves(metrics, path=""):
    for key, value in metrics.items():
        yield from leaves(value, f"{path}.{key}") if isinstance(value, dict) else [(f"{path}.{key}", value)]


def check_outputs(folder):
    lock = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    assert set(sums(folder)) - {"dvc.lock"} == {out["path"] for stage in lock.values() for out in stage["outs"]}
    for kind in ("raw", "prepared"):  # of three roles that stand for one dataset
        assert len({sum for name, sum in sums(folder).items() if f"{kind}/" in name and "_test" not in name}) == 1


def check_metrics(folder):
    for path in (folder / "metrics").iterdir():
        for name, value in leaves(json.loads(path.read_text())):
            assert math.isfinite(value), f"{path.name}{name}"
            assert abs(value) < 1e7, f"{path.name}{name}"
    scores = json.loads((folder / "metrics/convnet.json").read_text())
    for split, images in {"train": 1199, "valid": 239, "test": 359}.items():
        part = scores[split]
        assert part["images"] == images
        assert part["accuracy"] == pytest.approx(part["correct"] / images)
        assert part["accuracy_low"] < part["accuracy"] < part["accuracy_high"]
    assert scores["test"]["accuracy"] > 0.5  # it learns, even in two epochs


def check_report(folder):
    page = (folder / "plots/report.html").read_text()
    sources = re.findall(r"""\b(?:src|href|srcset|action|data)\s*=\s*["']?([^"'\s>#]+)""", page)  # but for its own #
    models = 1 + len(yaml.safe_load((folder / "params.yaml").read_text())["models"]) + 2  # baselines of TINY
    assert len(sources) == 8 + 2 + 11 + 2 * models  # the ConvNet, the comparison, the perceptrons, each one's mistakes
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"<(script|link|iframe|object|embed)\b|@import|url\(", page)
    assert "://" not in re.sub(r"base64,[^\"]*", "", page)


def check_commands(folder):
    assert "up to date" in dvc(folder, "status")
    assert "convnet.json" in dvc(folder, "metrics", "show")
    assert "train_subsets" in dvc(folder, "dag")


def check_what_reruns(folder):
    """A changed parameter reruns the stages that name it and what follows from them, and nothing else."""
    change(folder, lr=0.05)
    assert set(ran(dvc(folder, "repro", "--dry"))) == {"train_convnet", "train_subsets", "report"}  # the page prints it
    following = ran(dvc(folder, "repro", "--dry", "--force", "--downstream", "train_convnet", "train_subsets"))
    apart = ("download", "split", "baseline", "figures_baseline", "figures_searches", "imagine", "representations")
    others = {name for name in following if "@" in name or name.startswith(apart)}
    assert not others
    git(folder, "checkout", "params.yaml")

    change(folder, models={"relu_mlp": {"lr": 0.003}})
    own = {f"{stage}@relu_mlp" for stage in ("train", "evaluate", "figures_model")}
    studies = {"imagine", "representations", "figures_mlp", "compare", "figures_comparison", "claims_mlp", "report"}
    reran = set(ran(dvc(folder, "repro")))
    assert own <= reran <= own | studies  # less, where a table comes out as it was
    assert "up to date" in dvc(folder, "status")


def check_differences(folder):
    """What is said to have changed after another learning rate of one model."""
    assert json.loads(dvc(folder, "params", "diff", "--json")) == {
        "params.yaml": {"models.relu_mlp.lr": {"old": 0.001, "new": 0.003, "diff": 0.002}}
    }
    changed = set(json.loads(dvc(folder, "metrics", "diff", "--json")))
    assert "metrics/relu_mlp.json" in changed
    assert all("relu_mlp" in path or "comparison" in path for path in changed)
    status, page, errors = end(start([sys.executable, "-m", "vision.pull_request", "HEAD"], folder))
    assert status == 0, errors
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if re.match(r"\| \w+[.:]", line)]
    assert rows[0] == ["models.relu_mlp.lr", "0.001", "0.003"]
    names = [row[0] for row in rows[1:]]
    assert names == sorted(names)
    assert "relu_mlp: test.loss" in names
    assert all(old != new for _, old, new, *_ in rows)


def check_one_more_model(folder):
    """An entry in params.yaml and a class are all that another model needs to be compared."""
    (folder / "vision/nets/coarse.py").write_text(TINY_NET)
    registry = folder / "vision/nets/__init__.py"
    text = registry.read_text().replace('"mlp": MLP}', '"mlp": MLP, "coarse": Coarse}')
    registry.write_text(text.replace("import MLP\n", "import MLP\nfrom vision.nets.coarse import Coarse\n", 1))
    entry = {"net": "coarse", "hyper": {"grid": 7}, "lr": 0.5, "batch_size": 32, "epochs": 3}
    change(folder, models={"coarse": entry})
    stages = ["train@coarse", "evaluate@coarse", "figures_model@coarse", "compare", "figures_comparison"]
    assert ran(dvc(folder, "repro", "--single-item", *stages)) == stages
    with (folder / "plots/comparison/models.csv").open() as table:
        (row,) = (row for row in csv.DictReader(table) if row["model"] == "coarse")
    assert int(row["parameters"]) == 10 * (49 + 1)
    assert float(row["accuracy"]) > 0.3
    assert (folder / "plots/models/coarse/confusion.png").exists()


def check_same_bits(folder):
    """Every script that computes, and one that draws, run anew for one of its stages, writes the bits of before."""
    lock = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    others = ("figures_convnet", "figures_searches", "figures_mlp", "figures_comparison", "claims", "report")
    one_of_each = {stage["cmd"].split()[2]: name for name, stage in lock.items() if not name.startswith(others)}
    assert len(one_of_each) >= 15
    before = sums(folder)
    assert set(ran(dvc(folder, "repro", "--force", "--single-item", *one_of_each.values()))) == {*one_of_each.values()}
    assert sums(folder) == before
    assert git(folder, "status", "--porcelain") == ""


def test_the_whole_pipeline(tmp_path, subtests):
    folder = tmp_path.resolve() / "scratch"
    make_scratch(folder, TINY)
    assert set(ran(dvc(folder, "repro"))) == set(yaml.safe_load((folder / "dvc.lock").read_text())["stages"])
    git(folder, "add", "--all")
    git(folder, "commit", "--message", "results")
    for check in (
        check_outputs, check_metrics, check_report, check_commands, check_same_bits, check_what_reruns,
        check_differences, check_one_more_model,
    ):  # fmt: skip
        with subtests.test(check.__name__):
            check(folder)
