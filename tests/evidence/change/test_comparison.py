"""The comparison that the report and the gate share: its words, their order, and what is gone or lost."""

import json

from tests.repositories import git
from tests.study import commit, write_lock, write_metrics, write_model
from vision.evidence.change.comparison import compare
from vision.evidence.change.judgement import BETTER, NOT_JUDGED, SAME, UNDECIDED, WORSE
from vision.evidence.change.sections import outdated


def test_compare_judges_each_model_and_the_worst_comes_first(study):
    write_model(study, "four", range(50))
    write_lock(study)
    commit(study)
    write_model(study, "convnet", range(30, 85))  # 30 newly right, 35 newly wrong
    write_model(study, "four", range(53))
    write_model(study, "knn", range(10))  # 40 newly right
    write_model(study, "svm", range(120))  # 70 newly wrong
    write_lock(study)
    commit(study)
    found = compare("HEAD~")
    words = {pair.name: found.words(pair) for pair in found.models}
    assert words == {name: {"accuracy": word} for name, word in
                     {"svm": WORSE, "knn": BETTER, "convnet": UNDECIDED, "four": SAME}.items()}  # fmt: skip
    assert list(words) == ["svm", "knn", "convnet", "four"]
    assert found.judged(WORSE) == ["svm test.accuracy"]


def test_compare_pairs_images_where_it_can(study):
    write_model(study, "convnet", range(80))
    write_lock(study)
    assert compare("main").judged(WORSE) == ["convnet test.accuracy"]
    write_lock(study, images=b"others")
    assert compare("main").judged(NOT_JUDGED) == ["convnet test.accuracy"]
    git(study, "rm", "--quiet", "--cached", "plots/models/convnet/errors.csv")
    git(study, "commit", "--quiet", "--message", "main without its table")
    assert compare("main").judged(UNDECIDED) == ["convnet test.accuracy"]  # by two separate intervals


def test_compare_lists_metrics_that_lost_their_interval_and_models_that_are_gone(study):
    for name, lost in (("svm", "loss"), ("knn", "loss_low")):
        metrics = json.loads((study / f"metrics/{name}.json").read_text())
        del metrics["test"][lost]
        write_metrics(study, name, metrics)
    (study / "metrics/convnet.json").unlink()
    found = compare("main")
    assert found.judged(NOT_JUDGED) == ["knn test.loss", "svm test.loss"]
    assert found.gone == ["convnet"]


def test_report_says_how_far_the_base_has_moved_on(study):
    git(study, "checkout", "--quiet", "-b", "branch")
    commit(study)
    assert (compare("main").missing, outdated(compare("main"))) == (0, "")
    git(study, "checkout", "--quiet", "main")
    assert compare("branch").missing == 1
    assert outdated(compare("branch")).startswith("**branch has moved on:** 1 of its commits")
