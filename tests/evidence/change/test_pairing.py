"""A model before and after, image by image, where dvc.lock says that both versions judged the same images."""

import hashlib
from pathlib import Path

import pytest

from tests.study import IMAGES, write_lock, write_metrics, write_model, write_table
from vision.evidence.change.locks import Lock, read_lock
from vision.evidence.change.pairing import Mistake, pairs
from vision.evidence.change.versions import revision, working_tree
from vision.pipeline.errors import UserError
from vision.scores.paired import exact_mcnemar, paired_interval

ERRORS = "plots/models/convnet/errors.csv"


def found():
    base, here = revision("main"), working_tree()
    return pairs(base, here, (read_lock(base), read_lock(here)))


def test_pairs_count_newly_right_and_newly_wrong_images(study):
    write_model(study, "convnet", range(10, 90))  # 0 to 9 are right now, 50 to 89 wrong
    write_lock(study)
    (pair,) = found()
    assert (pair.name, pair.unpaired, pair.apart) == ("convnet", "", False)
    assert pair.newly_right == list(range(10))
    assert [mistake.image for mistake in pair.newly_wrong] == list(range(50, 90))  # the most confident first
    assert pair.newly_wrong[0] == Mistake(50, 0, 1, 0.9995)
    assert pair.difference == pytest.approx(-30 / IMAGES)
    assert pair.interval == paired_interval(10, 40, IMAGES)
    assert pair.p_value == exact_mcnemar(10, 40)


def test_pairs_are_the_models_that_predict_otherwise_or_are_new_or_gone(study):
    write_model(study, "convnet", range(50), parameters=7)  # predicts the same
    write_model(study, "svm", range(1, 51))  # as many mistakes, but others
    write_model(study, "wide", range(5))
    write_metrics(study, "handwriting", {"images": {"test": 3}})  # of no model
    (study / "metrics/knn.json").unlink()
    write_lock(study)
    assert [(pair.name, pair.old is None, pair.new is None) for pair in found()] == [
        ("knn", False, True),
        ("svm", False, False),
        ("wide", True, False),
    ]
    write_model(study, "convnet", range(50), loss=0.2)
    write_lock(study)
    assert found()[0].name == "convnet"


OTHER_ROWS = [{"image": image, "label": 3, "predicted": 1, "probability": 0.5} for image in range(10, 90)]


@pytest.mark.parametrize(
    ("change", "reason", "apart"),
    [
        (lambda: write_lock(Path(), images=b"others"), "not the same test images", True),
        (lambda: write_table(Path(ERRORS), OTHER_ROWS), "not the same test images", True),  # by their labels
        (lambda: Path(ERRORS).unlink(), "here has no errors.csv", True),
        (lambda: write_table(Path(ERRORS), OTHER_ROWS[:1]), "errors.csv of here does not suit its metrics", True),
        (lambda: Path("dvc.lock").unlink(), "dvc.lock does not say which test images", False),
    ],
)
def test_pairs_that_cannot_be_paired_have_a_reason_and_a_wider_interval(change, reason, apart, study):
    write_model(study, "convnet", range(10, 90))
    write_lock(study)
    change()
    (pair,) = found()
    low, high = paired_interval(10, 40, IMAGES)
    assert pair.interval[0] < low < pair.difference < high < pair.interval[1]
    assert (pair.newly_wrong, pair.unpaired, pair.apart) == ([], reason, apart)


def test_damaged_counts_and_tables_are_named(study):
    write_metrics(study, "svm", {"test": {"correct": 11, "images": 10}})
    with pytest.raises(UserError, match=r"metrics/svm\.json of here: 11 of 10 test images"):
        found()
    write_metrics(study, "svm", {"test": {"correct": "9", "images": 10}})  # of no model
    (study / ERRORS).write_text("image,label,predicted,probability\n1,2,x,0.5\n")
    with pytest.raises(UserError, match=f"{ERRORS} of here: not a table of images"):
        found()


def test_read_lock_gives_outputs_parameters_and_the_images_of_a_model(study):
    write_lock(study, images=b"these", **{"models.relu": {"lr": 1}})
    lock = read_lock(working_tree())
    assert lock.params == [("models.relu", {"lr": 1})]
    assert (
        lock.outputs["metrics/convnet.json"] == hashlib.md5((study / "metrics/convnet.json").read_bytes()).hexdigest()
    )
    assert (lock.role("convnet"), lock.role("nobody")) == ("handwriting", None)
    assert lock.test_images("convnet") == hashlib.md5(b"these").hexdigest()
    on_features = {"data/predictions/fashion/svm.npz": "a", "data/prepared/fashion_test.npz": "b",
                   "data/prepared/fashion_pca_test.npz": "c"}  # fmt: skip
    assert Lock(on_features).test_images("svm") == "b"


@pytest.mark.parametrize("text", ["stages: []", "stages: {a: {outs: [{path: b}]}}", "stages: {a: {cmd: x, params: 3}}"])
def test_read_lock_names_a_file_that_is_none(text, study):
    (study / "dvc.lock").write_text(text + "\n")
    with pytest.raises(UserError, match=r"dvc\.lock of here: not a lock file of DVC"):
        read_lock(working_tree())
    (study / "dvc.lock").unlink()
    assert read_lock(working_tree()) == Lock({})
