"""What all stages together make of a few digits, and what DVC makes anew after a change."""

import re
import shutil
import sys

import pytest
import yaml

from tests.miniature import UNREADABLE, opened, reproduce
from tests.repositories import dvc, git, sums
from tests.running import change, end, start
from vision.pipeline.tables import read_records
from vision.scores.estimate import read_scores


def test_every_stage_ran_and_made_what_it_declares(miniature):
    lock = yaml.safe_load((miniature / "dvc.lock").read_text())["stages"]
    with opened(miniature) as repo:
        assert {stage.addressing for stage in repo.index.stages} == set(lock)
        assert repo.status() == {}
    declared = {out["path"] for stage in lock.values() for out in stage["outs"]}
    folders = {path for path in declared if (miniature / path).is_dir()}
    made = set(sums(miniature)) - {"dvc.lock"}
    assert {next((path for path in folders if name.startswith(f"{path}/")), name) for name in made} == declared


def test_scores_are_finite_and_inside_their_intervals(miniature):
    paths = list((miniature / "plots").rglob("scores.csv"))
    assert len(paths) > 40
    for path in paths:
        for name, found in read_scores(path).items():
            assert abs(found.value) < 1e9, f"{path}: {name}"
            if found.low is not None and "null" not in name:
                assert found.low - 1e-12 <= found.value <= found.high + 1e-12, f"{path}: {name}"


def test_axes_of_figures_are_labelled_and_their_legends_lie_outside_them(miniature):
    assert len(list((miniature / "plots/figures").rglob("*.png"))) > 100
    assert (miniature / UNREADABLE).read_text() == ""


def test_comparison_shows_the_scores_of_each_model(miniature):
    scores = read_scores(miniature / "plots/models/handwriting/convnet/evaluation/scores.csv")
    (row,) = [
        row for row in read_records(miniature / "plots/comparison/handwriting/models.csv") if row["model"] == "convnet"
    ]
    for name in ("loss", "brier", "confidence_gap", "ece", "ece_null", "ece_p"):
        assert row[name] == pytest.approx(scores[f"test.{name}"].value)
        assert row[f"scaled_{name}"] == pytest.approx(scores[f"test.scaled.{name}"].value)


def test_report_needs_no_network(miniature):
    page = (miniature / "plots/report.html").read_text()
    sources = re.findall(r"""\b(?:src|href|srcset|action|data)\s*=\s*["']?([^"'\s>#]+)""", page)  # but for its own #
    assert len(sources) > 60
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
    of_features = {"represent_layer@convnet_features", "embed@convnet"}
    of_all_models = {"compare@handwriting", "plot_models@handwriting"}
    apart = ("download", "split", "classify", "plot_001", "plot_003", "plot_004", "maximise")
    assert not {name for name in downstream if "@" in name or name.startswith(apart)} - of_all_models - of_features


NO_NUMBERS = [
    *(f"vision/pipeline/{name}.py" for name in ("runner", "process", "workers", "errors", "params", "parsing")),
    *(f"vision/pipeline/schema/{name}.py" for name in ("__init__", "types", "models", "hyper", "studies")),
    *(f"vision/evidence/change/{name}.py" for name in ("pull_request", "gate")),
    *(f"vision/{registry}/__init__.py" for registry in ("nets", "classifiers", "features")),
    "stages/__init__.py",
]
CONVNET = {
    "train_convnet", "train_subsets", "evaluate_convnet", "evaluate_subsets", "represent_layer@convnet_features",
    "embed@convnet", "kernels", "plot_000", "document_errors_000",
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
    fits = {name for name in rerun if name.startswith("fit_benchmark@")}
    assert fits  # among its classifiers are the nearest neighbours
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
    assert ran == {"check", "classify@fashion_knn", "compare@fashion", "plot_models@fashion", "report"}


def test_pull_request_report_shows_parameter_model_and_metrics(changed):
    folder, _ = changed
    status, page, errors = end(start([sys.executable, "-m", "vision.evidence.change.pull_request", "HEAD"], folder))
    assert status == 0, errors
    rows = [line.replace("`", "").strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    assert ["classifiers.fashion_knn.hyper.neighbours", "5", "1"] in rows
    assert any(row[0] == "fashion_knn" and "points" in row[3] for row in rows)  # paired on the same images
    assert any(row[0].startswith("fashion_knn") and "test.loss" in row[0] for row in rows)


def test_gate_fails_only_where_it_names_a_worse_metric(changed):
    folder, _ = changed
    status, out, errors = end(start([sys.executable, "-m", "vision.evidence.change.gate", "HEAD"], folder))
    assert (status == 1) == ("worse: " in out), errors
