"""The page for a pull request: what changed and nothing else, sorted, each change with its worth."""

import sys

import pytest

from tests.repositories import dvc, git
from tests.running import end, start
from tests.scratch import ROOT
from vision.evidence.pull_request import judge, render


def change(old, new):
    return {"old": old, "new": new}


METRICS = {
    "metrics/b.json": {
        "test.loss": change(0.5, 0.25),
        "test.accuracy": change(0.9, 0.8),
        "test.accuracy_low": change(0.85, 0.75),
        "test.accuracy_high": change(0.95, 0.95),
        "test.images": change(10, 10),
        "again.accuracy": change(0.5, 0.5),
        "share.share": change(0.5, 0.75),
        "share.low": change(0.4, 0.7),
        "share.high": change(0.6, 0.8),
    },
    "metrics/a.json": {"kept": change(1, 1), "gone": change(3, None), "arrived": {"new": 4.0}},
}
PARAMS = {"params.yaml": {"lr": change(0.1, 0.05), "epochs": change(8, 8), "batch_size": change(64, 128)}}


def rows(page):
    """The cells of each row below a header."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    rules = [number for number, line in enumerate(lines) if line.startswith("|---")]
    return [
        tuple(cell.strip() for cell in line[1:-1].split("|"))
        for number, line in enumerate(lines)
        if number not in rules and number + 1 not in rules
    ]


def test_only_what_changed_sorted_by_file_and_name():
    assert rows(render(PARAMS, METRICS, "main")) == [
        ("batch_size", "64", "128"),
        ("lr", "0.1", "0.05"),
        ("a: arrived", "", "4", "", "new"),
        ("a: gone", "3", "", "", "gone"),
        ("b: share.share", "0.5", "0.75", "+0.25", "better"),
        ("b: test.accuracy", "0.9", "0.8", "-0.1", "worse, within its 95 % interval"),
        ("b: test.loss", "0.5", "0.25", "-0.25", "better"),
    ]


def test_the_order_of_the_input_does_not_matter():
    mixed = {file: dict(reversed(changes.items())) for file, changes in reversed(METRICS.items())}
    assert render(PARAMS, mixed, "main") == render(PARAMS, METRICS, "main")


@pytest.mark.parametrize("same", [{}, {"params.yaml": {"lr": change(0.1, 0.1)}}])
def test_nothing_changed_is_said(same):
    page = render(same, same, "v1")
    assert page.count("None changed.") == 2
    assert rows(page) == []
    assert "against v1" in page


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("test.accuracy", "up"),
        ("macro_f1", "up"),
        ("trustworthiness", "up"),
        ("knn_recall", "up"),
        ("all_same_label.share", "up"),
        ("sizes.images_100.test_accuracy.mean", "up"),
        ("errors.true_class_second.share", "up"),
        ("test.loss", "down"),
        ("test.ece", "down"),
        ("kl_divergence", "down"),
        ("sizes.images_100.test_loss.mean", "down"),
        ("sizes.images_100.test_loss.std", ""),
        ("errors_among_predicted_class.share", ""),  # says where the mistakes lie, not how many there are
        ("parameters", ""),
        ("best_epoch", ""),
        ("images.train", ""),
        ("channel_0.mean", ""),
    ],
)
def test_better_and_worse_by_name(name, better):
    assert judge(name, 0.5, 0.6, None) == {"up": "better", "down": "worse", "": ""}[better]
    assert judge(name, 0.6, 0.5, None) == {"up": "worse", "down": "better", "": ""}[better]


def test_within_the_interval_is_where_the_old_value_lies_in_the_new_one():
    assert judge("test.accuracy", 0.90, 0.91, (0.89, 0.93)) == "better, within its 95 % interval"
    assert judge("test.accuracy", 0.90, 0.95, (0.93, 0.97)) == "better"
    assert judge("test.loss", 0.90, 0.95, (0.90, 0.97)) == "worse, within its 95 % interval"


def test_an_unknown_base_is_one_line(tmp_path):
    git(tmp_path, "init", "--quiet")
    dvc(tmp_path, "init", "--quiet")
    (tmp_path / "params.yaml").write_text("lr: 0.1\n")
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--message", "first")
    words = [sys.executable, "-m", "vision.evidence.pull_request", "no-such-branch"]
    status, out, errors = end(start(words, tmp_path, env={"PYTHONPATH": str(ROOT)}))
    assert (status, out, errors.count("\n")) == (1, "", 1), errors
    assert "'no-such-branch'" in errors
    assert "BASE=" in errors
