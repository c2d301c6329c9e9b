"""A stage that cannot do its work says so in one line, with status 1, and leaves no output behind."""

import csv
import os
import shutil
import subprocess

import numpy as np
import pytest

from tests.mirrors import damage
from tests.running import change, command, end, files, make_small, start, with_flag

SPLIT, TRAIN = command("split@handwriting"), command("train_convnet")


@pytest.fixture
def scratch(tmp_path):
    return make_small(tmp_path / "scratch")


def refusal(words, folder, *, written=frozenset(), **options):
    """The one line of a stage that failed as it should, having written no file but these."""
    before = files(folder)
    status, _, errors = end(start(words, folder, **options))
    assert status == 1, errors
    assert errors.startswith("error in stage "), errors
    assert errors.count("\n") == 1, errors
    assert files(folder) - before <= written
    return errors


def test_flags_are_required_and_known(scratch):
    for words, culprit in ((SPLIT[:-2], "--metrics"), ([*SPLIT, "--colour", "red"], "--colour")):
        status, _, errors = end(start(words, scratch))
        assert status == 2
        assert culprit in errors
        assert "Traceback" not in errors
    assert files(scratch / "metrics") == set()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dropuot": 0.5}, ["dropuot", "did you mean dropout?"]),
        ({"tsne": {"perplexty": 9}}, ["tsne.perplexty", "did you mean perplexity?"]),
        ({"lr": "fast"}, ["lr is 'fast'", "number"]),
        ({"lr": None}, ["lr is None", "number"]),
        ({"lr": True}, ["lr is True", "number"]),
        ({"lr": float("nan")}, ["lr is nan"]),
        ({"lr": -0.1}, ["lr is -0.1", "greater than 0"]),
        ({"epochs": 2.5}, ["epochs is 2.5", "integer"]),
        ({"dropout": 1}, ["dropout is 1", "less than 1"]),
        ({"device": "tpu"}, ["device is 'tpu'", "'cpu', 'cuda' or 'mps'"]),
        ({"subsets": {"fractions": [0.5, 2, 1]}}, ["subsets.fractions.1 is 2", "less than or equal to 1"]),
        ({"datasets": {"handwriting": "imagenet"}}, ["datasets.handwriting is 'imagenet'", "'mnist'"]),
        ({"tsne": {"iterations": 250}}, ["tsne.iterations is 250"]),  # scikit-learn gives no divergence after so few
        ({"split": {"valid_one_in": 1000}}, ["split.valid_one_in is 1000"]),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(changes, words, scratch):
    change(scratch, **changes)
    line = refusal(SPLIT, scratch)
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "no such file"),
        (b"", "the file is None"),
        (b"- lr", "the file is "),
        (b"lr: [", "not YAML"),
        (b"lr: \xff\xfe", "not YAML"),
        (b"lr: 0.1", "optimizer is missing"),
        (b"!!python/object/apply:os.mkdir [sprung]", "not YAML"),
    ],
    ids=str,
)
def test_params_yaml_that_is_none(content, word, scratch):
    (scratch / "params.yaml").unlink()
    if content is not None:
        (scratch / "params.yaml").write_bytes(content)
    line = refusal(SPLIT, scratch)
    assert "params.yaml" in line
    assert word in line
    assert not (scratch / "sprung").exists()


def write_foreign(path, how):
    arrays = {"class_names": np.array(["a"]), "mean": np.empty(0), "std": np.empty(0)}
    with path.open("wb") as file:
        if how == "an npy file":
            np.save(file, np.arange(3))
        elif how == "other arrays":
            np.savez(file, numbers=np.arange(3))
        elif how == "half of the arrays":
            np.savez(file, **arrays)
        elif how == "objects":
            np.savez(file, **arrays, **{"train.inputs": np.array([{}])})


@pytest.mark.parametrize("how", ["missing", "a folder", "truncated", "flipped", "page", "empty"])
def test_a_damaged_input_is_named(how, scratch):
    damage(scratch / "data/raw/handwriting.npz", how)
    assert "data/raw/handwriting.npz: " in refusal(SPLIT, scratch)


@pytest.mark.parametrize("how", ["an npy file", "other arrays", "half of the arrays", "objects"])
def test_a_foreign_input_is_named(how, scratch):
    write_foreign(scratch / "data/raw/handwriting.npz", how)
    assert "data/raw/handwriting.npz: " in refusal(SPLIT, scratch)


def test_no_such_device(scratch):
    change(scratch, device="cuda")
    assert "device is 'cuda'" in refusal(TRAIN, scratch, env={"CUDA_VISIBLE_DEVICES": "-1"})


def test_no_such_role_and_no_such_model(scratch):
    assert "unheard" in refusal(with_flag(command("download@handwriting"), "--role", "unheard"), scratch)
    assert "unheard" in refusal(with_flag(TRAIN, "--model", "unheard"), scratch)


@pytest.mark.parametrize("flag", ["--prepared", "--metrics"])
def test_an_output_that_cannot_be_written_is_named(flag, scratch):
    (scratch / "file").touch()
    (scratch / "full").mkdir()
    (scratch / "full/.out.tmp").symlink_to("/dev/full")  # as on a disk without space; `replacing` writes there first
    (scratch / "locked").mkdir(mode=0o555)
    # Folders are locked for the superuser too once these rights are given up.
    humble = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    places = {"file/out": [], "full/out": []}
    probe = scratch / "locked" / "probe"
    if not humble or shutil.which("setpriv"):
        locked = subprocess.run([*humble, "touch", str(probe)], capture_output=True, text=True)
        if "Permission denied" in locked.stderr:  # in some containers nobody can give up rights
            places["locked/out"] = humble
        probe.unlink(missing_ok=True)
    earlier = set() if flag == "--prepared" else {"data/prepared/handwriting.npz", "data/prepared/handwriting_test.npz"}
    for place, prefix in places.items():
        line = refusal([*prefix, *with_flag(SPLIT, flag, place)], scratch, written=earlier)
        assert f"{place}: cannot be written" in line
    assert not list(scratch.rglob(".*.tmp"))


def test_each_stage_that_ends_well_adds_its_time(scratch):
    for words, status in ((SPLIT, 0), (SPLIT, 0), (with_flag(SPLIT, "--raw", "nowhere"), 1)):
        assert end(start(words, scratch))[0] == status
    with (scratch / "timings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["stage"] for row in rows] == ["split-handwriting"] * 2
    assert all(0 <= float(row["wall_seconds"]) < 60 and 10 <= float(row["peak_mebibytes"]) < 10000 for row in rows)
