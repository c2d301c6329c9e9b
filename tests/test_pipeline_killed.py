"""A pipeline that was killed continues where it stopped, to the same bits; what its stages leave changes no hash."""

import shutil

import pytest
import yaml

from tests.repositories import TINY, dvc, end, git, ran, start_dvc, sums
from tests.running import change, residents, wait_for, words_of
from tests.scratch import ROOT, make_scratch
from vision.pipeline.files import atomic_write

pytestmark = pytest.mark.slow


def start_training(folder, shell):
    """Start dvc; return it and the process of its training stage once that has trained an epoch."""
    pipeline = start_dvc(folder, "repro", "train_convnet", env={"SHELL": shell})
    while not (line := pipeline.stdout.readline()).startswith("epoch"):
        assert line, pipeline.stderr.read()
    return pipeline, [process for process in residents(folder) if "stages.train" in words_of(process)][-1]


def test_pipeline_killed_while_training_continues_to_the_same_bits(tmp_path):
    folder = tmp_path.resolve() / "scratch"
    make_scratch(folder, TINY | {"epochs": 100_000})  # it lasts for hours, however fast the machine

    pipeline, training = start_training(folder, "/bin/bash")
    training.kill()  # as the kernel does for lack of memory
    status, _, errors = end(pipeline)
    assert status != 0
    assert "train_convnet" in errors

    pipeline, _ = start_training(folder, "/bin/sh")
    pipeline.kill()  # alone, not the processes that it started
    wait_for(lambda: not residents(folder), "the stage's end")
    pipeline.wait()
    assert not {"models/convnet.pt", "plots/models/handwriting/convnet/training/curves.csv"} & set(sums(folder))

    change(folder, epochs=TINY["epochs"])
    assert ran(dvc(folder, "repro", "train_convnet")) == ["check", "train_convnet"]  # finished stages do not run again
    killed = sums(folder)
    assert "models/convnet.pt" in killed
    assert not list(folder.rglob(".*.tmp"))
    assert ran(dvc(folder, "repro", "--force", "--single-item", "train_convnet")) == ["train_convnet"]
    assert sums(folder) == killed


FOLDERS = ("data/prepared/handwriting", "models/replications", "metrics", "plots/models")


def leave(path):
    """Leave what a stage leaves that is killed before it renames its output to `path`."""
    with atomic_write(path) as temporary:
        temporary.write_text("half")
    path.rename(temporary)
    assert temporary.exists()


def test_leftovers_of_a_killed_stage_change_no_status_and_no_lock(tmp_path):
    for name in FOLDERS:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "finished.csv").write_text("epoch,loss\n")
    stage = {"cmd": "echo done > out", "deps": list(FOLDERS), "outs": ["out"]}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": {"read": stage}}))
    git(tmp_path, "init", "--quiet")
    dvc(tmp_path, "init", "--quiet")
    shutil.copy(ROOT / ".dvcignore", tmp_path)
    dvc(tmp_path, "repro")
    before = (tmp_path / "dvc.lock").read_bytes()
    for name in FOLDERS:
        leave(tmp_path / name / "accuracy.csv")
        leave(tmp_path / name / "below/accuracy.csv")
    assert "up to date" in dvc(tmp_path, "status")
    dvc(tmp_path, "repro", "--force")
    assert (tmp_path / "dvc.lock").read_bytes() == before

    (tmp_path / "metrics/accuracy.csv").write_text("whole")
    assert "modified" in dvc(tmp_path, "status")
