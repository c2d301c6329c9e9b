"""Results that dvc.lock does not record so, and results that were made with other parameters, code or commands."""

import shutil
from pathlib import Path

import pytest

from tests.repositories import git
from tests.study import MODELS, commit, write_claims, write_data, write_lock, write_model, write_params
from vision.evidence.change import gate
from vision.evidence.change.comparison import compare

CONVNET = f"{MODELS}/convnet/evaluation"


@pytest.fixture
def clone(study, tmp_path, monkeypatch):
    """A clone of the study, which holds what git does: no data and no cache."""
    git(tmp_path, "clone", "--quiet", str(study), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    return tmp_path / "clone"


def edit(path, old, new):
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def doubts(base="main"):
    return compare(base).doubts()


@pytest.mark.parametrize("fixture", ["study", "clone"])
def test_committed_results_leave_no_doubt(fixture, request):
    request.getfixturevalue(fixture)
    assert compare("main").integrity == ({}, [], 9, 4)


def test_forged_results_are_named_with_the_files_in_a_directory(clone):
    """A consistent edit of a model's tables, committed, as if it were better."""
    write_model(clone, "convnet", range(5))
    commit(clone)
    assert doubts("HEAD~")[:2] == [
        "metrics/convnet.json: not the content that dvc.lock records",
        f"{CONVNET}: not the content that dvc.lock records; changed since HEAD~: classes.csv, errors.csv, scores.csv",
    ]


def test_missing_changed_and_additional_results_are_named_and_fail_the_gate(clone, capsys):
    Path("metrics/svm.json").unlink()
    shutil.rmtree(f"{MODELS}/svm/evaluation")
    write_data(Path(CONVNET, "more.csv"), "a\n1\n")
    write_data(Path(MODELS, "svm/more.csv"), "a\n1\n")
    write_data(Path("plots/figures/handwriting/convnet/tsne.png"), "x")
    commit(clone)
    assert gate.main("main") == gate.UNKNOWN
    out = capsys.readouterr().out
    for line in (
        "metrics/svm.json: missing", f"{MODELS}/svm/evaluation: missing", f"{MODELS}/svm/more.csv: no stage",
        f"{CONVNET}: not the content", "plots/figures/handwriting: not the content",
    ):  # fmt: skip
        assert f"{line}" in out


def test_result_in_git_that_dvc_yaml_calls_cached_is_hashed(clone):
    git(clone, "rm", "--quiet", "--cached", "metrics/svm.json")
    edit(Path("dvc.yaml"), "- metrics/${key}.json:\n          cache: false", "- metrics/${key}.json")
    git(clone, "add", "--force", "metrics")
    write_data(Path("metrics/svm.json"), "{}")
    assert any(line.startswith("metrics/svm.json: ") for line in doubts())


CHANGES = {
    "lr": lambda: write_params(Path(), lr=0.2),
    "code": lambda: write_data(Path("code/new.py"), ""),
    "claims.txt": lambda: Path("claims.txt").unlink(),
    "the command of subsets": lambda: edit(Path("dvc.yaml"), "cmd: subsets", "cmd: other"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_results_that_are_out_of_date_name_what_changed(name, clone):
    CHANGES[name]()
    assert doubts() == [f"Results are out of date: {name} changed. Run `dvc repro`."]


def test_stage_that_read_another_file_than_was_made_is_out_of_date(clone):
    lock = Path("dvc.lock").read_text()
    made = lock[lock.index("  download:") : lock.index("  evaluate@convnet:")]
    Path("dvc.lock").write_text(lock.replace(made, made.replace("md5: 5", "md5: 6")))
    assert "Results are out of date: data/raw/handwriting.npz changed" in doubts()[0]


def test_removed_model_leaves_no_doubt(study, capsys):
    write_params(study, models={"convnet": {"hidden": [10]}, "svm": {"c": 1}})
    shutil.rmtree(f"{MODELS}/knn")
    for path in ("metrics/knn.json", "data/models/handwriting/knn.npz"):
        Path(path).unlink()
    write_lock(study)
    assert gate.main("main") == gate.PASSES
    assert capsys.readouterr().out.splitlines()[0] == "removed, and so not compared: knn"


def test_new_claims_are_consistent_once_they_are_recorded(study):
    write_claims(study, refuted=["More is better."])
    assert doubts()[0].startswith("plots/claims/000: not the content")
    write_lock(study)
    assert doubts() == []
    assert compare("main").claims == {"000 C5: More is better.": ["supported", "refuted"]}
