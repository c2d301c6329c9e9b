"""What dvc.lock says: the hash of every output, and which images a model is judged on."""

import hashlib

import pytest

from tests.studies import make_study, write_lock
from vision.evidence.change.locks import Lock, read_lock
from vision.evidence.change.versions import working_tree
from vision.pipeline.errors import UserError


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(make_study(tmp_path, ["convnet"]))
    return tmp_path


def test_outputs_and_the_images_of_a_model(study):
    write_lock(study, images=b"these", **{"models.relu": {"lr": 1}})
    lock = read_lock(working_tree())
    assert lock.params == [("models.relu", {"lr": 1})]
    metrics = (study / "metrics/convnet.json").read_bytes()
    assert lock.outputs["metrics/convnet.json"] == hashlib.md5(metrics).hexdigest()
    assert lock.role("convnet") == "handwriting"
    assert lock.test_images("convnet") == hashlib.md5(b"these").hexdigest()
    assert lock.role("nobody") is lock.test_images("nobody") is None


def test_a_model_on_features_is_judged_on_its_roles_images():
    lock = Lock({"data/predictions/fashion/svm.npz": "a", "data/prepared/fashion_test.npz": "b",
                 "data/prepared/fashion_pca_test.npz": "c"})  # fmt: skip
    assert lock.test_images("svm") == "b"


def test_a_role_is_a_plain_name():
    lock = Lock({"data/predictions/..`rm`/svm.npz": "a", "data/predictions/../../x/svm.npz": "b"})
    assert lock.role("svm") is None


@pytest.mark.parametrize(
    "text",
    [
        "stages: []",
        "stages: {a: 1}",
        "stages: {a: {outs: [{path: b}]}}",
        "stages: {a: {outs: 3}}",
        "stages: {a: {params: 3}}",
    ],
)
def test_another_file_is_one_line(text, study):
    (study / "dvc.lock").write_text(text + "\n")
    with pytest.raises(UserError, match=r"dvc\.lock of here: not a lock file of DVC"):
        read_lock(working_tree())


def test_without_a_lock_nothing_is_known(study):
    (study / "dvc.lock").unlink()
    assert read_lock(working_tree()) == Lock({})
