"""The whole pipeline on scikit-learn's digits: what it makes, what it makes anew, and that the bits are the same."""

import json
import math
import re
import sys

import pytest
import yaml

from tests.additions import add_a_dataset, add_a_model, add_features, compared
from tests.repositories import TINY, dvc, git, ran, sums
from tests.running import change, end, start
from tests.scratch import make_scratch


def leaves(metrics, path=""):
    for key, value in metrics.items():
        yield from leaves(value, f"{path}.{key}") if isinstance(value, dict) else [(f"{path}.{key}", value)]


def check_outputs(folder):
    lock = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    outs = {out["path"] for stage in lock.values() for out in stage["outs"]}
    made = set(sums(folder)) - {"dvc.lock"}
    folders = {path for path in outs if (folder / path).is_dir()}
    assert {next((path for path in folders if name.startswith(f"{path}/")), name) for name in made} == outs
    for kind in ("raw", "prepared"):  # of three roles that stand for one dataset
        roles = [f"data/{kind}/{role}.npz" for role in ("handwriting", "fashion", "colour")]
        assert len({sums(folder)[name] for name in roles}) == 1


def check_metrics(folder):
    for path in (folder / "metrics").rglob("*.json"):
        for name, value in leaves(json.loads(path.read_text())):
            assert math.isfinite(value), f"{path.name}{name}"
            assert abs(value) < 1e9, f"{path.name}{name}"
    scores = json.loads((folder / "metrics/convnet.json").read_text())
    for split, images in {"train": 1199, "valid": 239, "test": 359}.items():
        part = scores[split]
        assert part["images"] == images
        assert part["accuracy"] == pytest.approx(part["correct"] / images)
        assert part["accuracy_low"] < part["accuracy"] < part["accuracy_high"]
    assert scores["test"]["accuracy"] > 0.5  # it learns, even in two epochs
    row = compared(folder)["convnet"]
    for name in ("loss", "brier", "confidence_gap", "ece", "ece_null", "ece_p"):  # the comparison shows the same
        assert float(row[name]) == pytest.approx(scores["test"][name])
        assert float(row[f"scaled_{name}"]) == pytest.approx(scores["test"]["scaled"][name])


def check_report(folder):
    page = (folder / "plots/report.html").read_text()
    sources = re.findall(r"""\b(?:src|href|srcset|action|data)\s*=\s*["']?([^"'\s>#]+)""", page)  # but for its own #
    studies = [path for path in (folder / "plots").rglob("*.png") if "models" not in path.parts]
    models = [path.parent.name for path in (folder / "plots/models").glob("*/confusion.png")]
    assert len(sources) >= len(studies) + 2 * len(models)
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
    the_page_prints_it = "report"
    assert set(ran(dvc(folder, "repro", "--dry"))) == {"check", "train_convnet", "train_subsets", the_page_prints_it}
    following = ran(dvc(folder, "repro", "--dry", "--force", "--downstream", "train_convnet", "train_subsets"))
    of_all_models = {"compare@handwriting", "figures_comparison@handwriting"}
    apart = ("download", "split", "represent", "classify", "figures_classifier", "figures_searches", "maximise")
    assert not {name for name in following if "@" in name or name.startswith(apart)} - of_all_models
    git(folder, "checkout", "params.yaml")

    change(folder, models={"relu_mlp": {"lr": 0.003}})
    own = {"check", *(f"{stage}@relu_mlp" for stage in ("train", "evaluate", "figures_model"))}
    studies = {"maximise", "representations", "figures_relu_mlp", "statements_001", "report"}
    studies |= {"documents_errors_001", "documents_errors"}
    comparisons = {*of_all_models, "compare@fashion", "compare@colour"}  # these two to the same tables
    reran = set(ran(dvc(folder, "repro")))
    assert own <= reran <= own | studies | comparisons  # less, where a table comes out as it was
    assert "up to date" in dvc(folder, "status")


def check_what_code_reruns(folder):
    """What cannot change a number reruns nothing; a network's own module reruns that network alone."""

    def reran_after(*names, text="\n# a comment\n"):
        before = {name: (folder / name).read_text() for name in names}
        for name, content in before.items():
            (folder / name).write_text(content + text)
        found = set(ran(dvc(folder, "repro", "--dry")))
        for name, content in before.items():
            (folder / name).write_text(content)
        return found

    names = ("runner", "process", "workers", "errors", "params", "parsing", "files")
    pipeline = [f"vision/pipeline/{name}.py" for name in names]
    names = ("__init__", "types", "models", "studies", "hyper", "transfer", "mistakes", "replications")
    names += ("from_scratch", "explanations")
    schema = [f"vision/pipeline/schema/{name}.py" for name in names]
    report = [f"vision/evidence/change/{name}.py" for name in ("pull_request", "gate", "judgement", "versions")]
    assert not reran_after(*pipeline, *schema, *report, "stages/__init__.py")
    (folder / "vision/nets/one_more.py").write_text("")
    registries = [f"vision/{room}/__init__.py" for room in ("nets", "classifiers", "features")]
    assert not reran_after(*registries)
    (folder / "vision/nets/one_more.py").unlink()
    convnet = {"train_convnet", "train_subsets", "evaluate_convnet", "evaluate_subsets", "embed", "kernels"}
    assert reran_after("vision/nets/convnet.py") == {*convnet, "figures_convnet", "documents_errors_000"}
    perceptrons = reran_after("vision/nets/mlp.py")
    assert {"train@relu_mlp", "evaluate@softmax"} <= perceptrons
    assert not perceptrons & convnet
    assert reran_after("vision/classifiers/svm.py") == {"classify@svm"}
    assert reran_after("vision/features/principal_components.py") == {"represent@handwriting_pca"}


def check_differences(folder):
    """What is said to have changed after another learning rate of one model."""
    assert json.loads(dvc(folder, "params", "diff", "--json")) == {
        "params.yaml": {"models.relu_mlp.lr": {"old": 0.001, "new": 0.003, "diff": 0.002}}
    }
    changed = set(json.loads(dvc(folder, "metrics", "diff", "--json")))
    assert "metrics/relu_mlp.json" in changed
    assert all("relu_mlp" in path or "comparison" in path for path in changed)
    status, page, errors = end(start([sys.executable, "-m", "vision.evidence.change.pull_request", "HEAD"], folder))
    assert status == 0, errors
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    assert ["models.relu_mlp.lr", "0.001", "0.003"] in rows
    (model,) = [row for row in rows if " → " in row[1]]
    assert model[0] == "relu_mlp"
    assert "not paired" not in model[2]
    assert any(row[0] == "relu_mlp: test.loss" for row in rows)
    assert re.search(r"(?m)^Newly wrong by relu_mlp: 1 to", page) or model[4] == "0"
    assert "<details>" in page
    status, out, errors = end(start([sys.executable, "-m", "vision.evidence.change.gate", "HEAD"], folder))
    assert (status == 1) == ("worse: " in out), errors


def check_same_bits(folder):
    """Every script that computes, and one that draws, run anew for one of its stages, writes the bits of before."""
    lock = yaml.safe_load((folder / "dvc.lock").read_text())["stages"]
    others = ("figures_convnet", "figures_searches", "figures_relu_mlp", "figures_comparison", "statements", "report")
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
        check_outputs, check_metrics, check_report, check_commands, check_same_bits, check_what_code_reruns,
        check_what_reruns, check_differences, add_a_model, add_features, add_a_dataset,
    ):  # fmt: skip
        with subtests.test(check.__name__):
            check(folder)
