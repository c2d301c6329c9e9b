"""A model before and after, image by image: only where both versions judged the same images."""

import pytest

from tests.studies import IMAGES, commit, make_study, write_lock, write_metrics, write_model, write_table
from vision.evidence.change.locks import read_lock
from vision.evidence.change.pairing import Mistake, pairs
from vision.evidence.change.versions import revision, working_tree
from vision.pipeline.errors import UserError
from vision.scores.paired import exact_mcnemar, paired_interval

ERRORS = "plots/models/convnet/errors.csv"


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(make_study(tmp_path, ["convnet", "svm"]))
    return tmp_path


def found():
    base, here = revision("main"), working_tree()
    return pairs(base, here, (read_lock(base), read_lock(here)))


def test_newly_right_and_newly_wrong_are_counted_image_by_image(study):
    write_model(study, "convnet", range(10, 90))  # 0 to 9 are right now, 50 to 89 wrong
    write_lock(study)
    (pair,) = found()
    assert (pair.name, pair.unpaired) == ("convnet", "")
    assert pair.newly_right == list(range(10))
    assert [mistake.image for mistake in pair.newly_wrong] == list(range(50, 90))  # the most confident first
    assert pair.newly_wrong[0] == Mistake(50, 0, 1, 0.9995)
    assert pair.difference == pytest.approx(-30 / IMAGES)
    assert pair.interval == paired_interval(10, 40, IMAGES)
    assert pair.p_value == exact_mcnemar(10, 40)


def test_a_model_that_predicts_the_same_is_not_listed(study):
    write_model(study, "convnet", range(50), parameters=7)
    write_lock(study)
    assert found() == []


def test_a_changed_loss_alone_and_changed_mistakes_alone_are_listed(study):
    write_model(study, "convnet", range(50), loss=0.2)
    write_model(study, "svm", range(1, 51))
    write_lock(study)
    assert [(pair.name, pair.difference) for pair in found()] == [("convnet", 0), ("svm", 0)]
    assert [len(pair.newly_wrong) for pair in found()] == [0, 1]


def test_new_and_removed_models(study):
    write_model(study, "wide", range(5))
    write_metrics(study, "handwriting", {"images": {"test": 3}})  # of no model
    (study / "metrics/svm.json").unlink()
    assert [(pair.name, pair.old is None, pair.new is None) for pair in found()] == [
        ("svm", False, True),
        ("wide", True, False),
    ]


def unpaired(study):
    (pair,) = found()
    low, high = paired_interval(10, 40, IMAGES)
    assert pair.interval[0] < low < pair.difference < high < pair.interval[1]  # wider, and so on the safe side
    assert not pair.newly_wrong
    return pair.unpaired


def test_other_test_images_cannot_be_paired(study):
    write_model(study, "convnet", range(10, 90))
    write_lock(study, images=b"others")
    assert unpaired(study) == "not the same test images"


def test_other_labels_cannot_be_paired(study):
    write_model(study, "convnet", range(10, 90))
    rows = [{"image": image, "label": 3, "predicted": 1, "probability": 0.5} for image in range(10, 90)]
    write_table(study / ERRORS, rows)
    write_lock(study)
    assert unpaired(study) == "not the same test images"


def test_without_a_table_of_errors_there_is_no_pairing(study):
    (study / ERRORS).unlink()
    commit(study)
    write_model(study, "convnet", range(10, 90))
    write_lock(study)
    assert unpaired(study) == "main has no errors.csv"


def test_a_table_of_another_run_is_not_used(study):
    errors = (study / ERRORS).read_bytes()
    write_model(study, "convnet", range(10, 90))
    (study / ERRORS).write_bytes(errors)
    assert unpaired(study) == "errors.csv of here does not suit its metrics"


def test_without_a_lock_nobody_knows_the_images(study):
    write_model(study, "convnet", range(10, 90))
    (study / "dvc.lock").unlink()
    assert unpaired(study) == "dvc.lock does not say which test images"


@pytest.mark.parametrize("text", ["image\n1\n", "image,label,predicted,probability\n1,2,x,0.5\n"])
def test_a_broken_table_is_one_line(text, study):
    (study / ERRORS).write_text(text)
    with pytest.raises(UserError, match=f"{ERRORS} of here: not a table of images"):
        found()


@pytest.mark.parametrize(("correct", "images"), [(-1, 10), (11, 10), (0, 0)])
def test_counts_that_cannot_be_are_one_line(correct, images, study):
    write_metrics(study, "convnet", {"test": {"correct": correct, "images": images}})
    with pytest.raises(UserError, match=rf"metrics/convnet\.json of here: {correct} of {images} test images"):
        found()


@pytest.mark.parametrize("test", [3, {}, {"correct": "9", "images": 10}, {"correct": 9}])
def test_a_file_without_counts_is_of_no_model(test, study):
    write_metrics(study, "new", {"test": test})
    assert found() == []
