"""A model before and after, image by image, where both versions are of the same images."""

from pathlib import Path

from tests.study import IMAGES, MODELS, write_data, write_lock, write_model, write_table
from vision.evidence.change.pairing import OTHER_IMAGES, other_images, pairs
from vision.evidence.change.versions import revision
from vision.scores.paired import exact_mcnemar, paired_interval


def found():
    with revision("main") as base:
        return {path.split("/")[3]: pair for path, pair in pairs(base, Path(), set()).items()}


def test_pairs_count_newly_right_and_newly_wrong_images(study):
    write_model(study, "convnet", range(10, 90))  # 0 to 9 are right now, 50 to 89 wrong
    pair = found()["convnet"]
    assert list(pair.newly_right.index) == list(range(10))
    assert list(pair.newly_wrong.index) == list(range(50, 90))  # the most confident first
    assert tuple(pair.newly_wrong.loc[50]) == (0, 1, 0.9995)
    assert pair.difference[:4] == (-30 / IMAGES, *paired_interval(10, 40, IMAGES), IMAGES)
    assert pair.p_value == exact_mcnemar(10, 40)


def test_pairs_are_the_models_that_predict_otherwise(study):
    write_model(study, "convnet", range(50), extra=7)  # another score of the same predictions
    write_model(study, "svm", range(1, 51))  # as many mistakes, but others
    write_model(study, "new", range(5))
    assert list(found()) == ["svm"]
    write_model(study, "convnet", range(50), loss=0.2)
    assert list(found()) == ["convnet", "svm"]


def test_tables_that_contradict_each_other_are_not_paired(study):
    write_model(study, "convnet", range(10, 90))
    row = {"label": 3, "predicted": 1, "probability": 0.5}
    for images, reason in ((range(10, 90), OTHER_IMAGES), (range(100, 103), "errors.csv does not agree")):
        write_table(Path(MODELS, "convnet/evaluation/errors.csv"), [{"image": image, **row} for image in images])
        assert found()["convnet"].unpaired.startswith(reason)


def test_test_images_are_those_of_the_lock(study):
    with revision("main") as base:
        assert other_images(base, study) == set()
        write_data(study / "data/raw/handwriting.npz", "other images")
        write_lock(study)
        assert other_images(base, study) == {"handwriting"}
        (study / "dvc.lock").unlink()
        assert other_images(base, study) == {"handwriting"}
