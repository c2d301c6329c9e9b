"""What all stages together make of a few digits, and what DVC makes anew after a change."""

import json
import math
import re
import shutil
import sys

import pytest
import yaml

from tests.miniature import opened, reproduce
from tests.repositories import dvc, git, sums
from tests.running import change, end, start


def leaves(metrics, path=""):
    """All values of nested metrics by their dotted names."""
    for key, value in metrics.items():
        yield from leaves(value, f"{path}.{key}") if isinstance(value, dict) else [(f"{path}.{key}", value)]


def test_every_stage_ran_and_made_what_it_declares(miniature):
    lock = yaml.safe_load((miniature / "dvc.lock").read_text())["stages"]
    with opened(miniature) as repo:
        assert {stage.addressing for stage in repo.index.stages} == set(lock)
        assert repo.status() == {}
    declared = {out["path"] for stage in lock.values() for out in stage["outs"]}
    folders = {path for path in declared if (miniature / path).is_dir()}
    made = set(sums(miniature)) - {"dvc.lock"}
    assert {next((path for path in folders if name.startswith(f"{path}/")), name) for name in made} == declared


def test_metrics_are_finite_numbers(miniature):
    paths = list((miniature / "metrics").rglob("*.json"))
    assert len(paths) > 30
    for path in paths:
        for name, value in leaves(json.loads(path.read_text())):
            assert math.isfinite(value), f"{path.name}{name}"
            assert abs(value) < 1e9, f"{path.name}{name}"


def test_accuracy_is_correct_over_images_in_every_split(miniature):
    scores = json.loads((miniature / "metrics/convnet.json").read_text())
    for split, images in {"train": 200, "valid": 40, "test": 60}.items():
        part = scores[split]
        assert part["images"] == images
        assert part["accuracy"] == pytest.approx(part["correct"] / part["images"])
        assert part["accuracy_low"] < part["accuracy"] < part["accuracy_high"]


def test_comparison_shows_the_metrics_of_each_model(miniature):
    scores = json.loads((miniature / "metrics/convnet.json").read_text())["test"]
    table = (miniature / "plots/comparison/handwriting/models.csv").read_text().splitlines()
    rows = [dict(zip(table[0].split(","), line.split(","), strict=True)) for line in table[1:]]
    (row,) = [row for row in rows if row["model"] == "convnet"]
    for name in ("loss", "brier", "confidence_gap", "ece", "ece_null", "ece_p"):
        assert float(row[name]) == pytest.approx(scores[name])
        assert float(row[f"scaled_{name}"]) == pytest.approx(scores["scaled"][name])


def test_report_shows_every_figure_and_needs_no_network(miniature):
    page = (miniature / "plots/report.html").read_text()
    sources = re.findall(r"""\b(?:src|href|srcset|action|data)\s*=\s*["']?([^"'\s>#]+)""", page)  # but for its own #
    studies = [path for path in (miniature / "plots").rglob("*.png") if "models" not in path.parts]
    models = [path.parent.name for path in (miniature / "plots/models").glob("*/confusion.png")]
    assert len(sources) >= len(studies) + 2 * len(models)
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"<(script|link|iframe|object|embed)\b|@import|url\(", page)
    assert "://" not in re.sub(r"base64,[^\"]*", "", page)


def test_stage_process_writes_the_bits_of_this_process(miniature):
    """A search, whose runs are spread over worker processes."""
    before = sums(miniature)
    dvc(miniature, "repro", "--force", "--single-item", "train@softmax")
    assert sums(miniature) == before


def test_changed_learning_rate_reruns_the_stages_that_name_it(miniature):
    change(miniature, lr=0.05)
    the_page_prints_it = "report"
    rerun = reproduce(miniature, dry=True)
    downstream = reproduce(miniature, "train_convnet", "train_subsets", dry=True, force=True, downstream=True)
    git(miniature, "checkout", "params.yaml")
    assert rerun == {"check", "train_convnet", "train_subsets", the_page_prints_it}
    of_all_models = {"compare@handwriting", "figures_comparison@handwriting"}
    apart = ("download", "split", "represent", "classify", "figures_classifier", "figures_searches", "maximise")
    assert not {name for name in downstream if "@" in name or name.startswith(apart)} - of_all_models


NO_NUMBERS = [
    *(f"vision/pipeline/{name}.py" for name in ("runner", "process", "workers", "errors", "params", "parsing")),
    *(f"vision/pipeline/schema/{name}.py" for name in ("__init__", "types", "models", "hyper", "transfer")),
    *(f"vision/evidence/change/{name}.py" for name in ("pull_request", "gate", "judgement")),
    *(f"vision/{registry}/__init__.py" for registry in ("nets", "classifiers", "features")),
    "stages/__init__.py",
]
CONVNET = {
    "train_convnet", "train_subsets", "evaluate_convnet", "evaluate_subsets", "embed", "kernels", "figures_convnet",
    "documents_errors_000",
}  # fmt: skip


def rerun_after_comment_in(folder, *names):
    for name in names:
        with (folder / name).open("a") as file:
            file.write("\n# a comment\n")
    found = reproduce(folder, dry=True)
    git(folder, "checkout", *names)
    return found


def test_code_that_cannot_change_a_number_reruns_nothing(miniature):
    """A new network too, since registries find modules by name."""
    new = miniature / "vision/nets/one_more.py"
    new.write_text("")
    assert rerun_after_comment_in(miniature, *NO_NUMBERS) == set()
    new.unlink()


def test_changed_module_reruns_the_stages_that_compute_with_it(miniature):
    names = ("nets/convnet", "classifiers/knn", "features/principal_components")
    rerun = rerun_after_comment_in(miniature, *(f"vision/{name}.py" for name in names))
    fits = {name for name in rerun if name.startswith("panel_fit@")}
    assert fits  # a panel of classifiers, among them the nearest neighbours
    assert rerun - fits == CONVNET | {"classify@fashion_knn", "represent@handwriting_pca"}


@pytest.fixture(scope="module")
def changed(miniature, tmp_path_factory):
    """A copy of the pipeline where one model has another parameter: the folder, and the stages that ran."""
    folder = tmp_path_factory.mktemp("changed").resolve() / "copy"
    shutil.copytree(miniature, folder, symlinks=True)
    change(folder, classifiers={"fashion_knn": {"hyper": {"neighbours": 1}}})
    return folder, reproduce(folder)


def test_changed_model_reruns_itself_and_what_compares_it(changed):
    _, ran = changed
    own = {"check", "classify@fashion_knn", "figures_classifier@fashion_knn"}
    assert ran == own | {"compare@fashion", "figures_comparison@fashion", "report"}


def test_metrics_diff_names_the_changed_model_alone(changed):
    folder, _ = changed
    with opened(folder) as repo:
        diff = repo.metrics.diff("HEAD")["diff"]
    assert "metrics/fashion_knn.json" in diff
    assert all("fashion_knn" in path or "comparison" in path for path in diff)


def test_pull_request_report_shows_parameter_model_and_metrics(changed):
    folder, _ = changed
    status, page, errors = end(start([sys.executable, "-m", "vision.evidence.change.pull_request", "HEAD"], folder))
    assert status == 0, errors
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    assert ["classifiers.fashion_knn.hyper.neighbours", "5", "1"] in rows
    (model,) = [row for row in rows if " → " in row[1]]
    assert model[0] == "fashion_knn"
    assert "not paired" not in model[2]
    assert any(row[0] == "fashion_knn: test.loss" for row in rows)
    assert re.search(r"(?m)^Newly wrong by fashion_knn: 1 to", page) or model[4] == "0"


def test_gate_fails_only_where_it_names_a_worse_metric(changed):
    folder, _ = changed
    status, out, errors = end(start([sys.executable, "-m", "vision.evidence.change.gate", "HEAD"], folder))
    assert (status == 1) == ("worse: " in out), errors
