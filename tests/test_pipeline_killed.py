"""A pipeline that was killed goes on where it was, to the bits of one that never was."""

import pytest

from tests.repositories import TINY, dvc, end, ran, start_dvc, sums
from tests.running import change, residents, wait_for, words_of
from tests.scratch import make_scratch

pytestmark = pytest.mark.slow


def start_training(folder, shell):
    """Start dvc; return it and the process of its training stage once that is in the midst of its work."""
    pipeline = start_dvc(folder, "repro", "train_convnet", env={"SHELL": shell})
    while not (line := pipeline.stdout.readline()).startswith("epoch"):
        assert line, pipeline.stderr.read()
    return pipeline, [process for process in residents(folder) if "stages.train" in words_of(process)][-1]


def test_killed_in_the_midst_of_training(tmp_path):
    folder = tmp_path.resolve() / "scratch"
    make_scratch(folder, TINY | {"epochs": 100_000})  # it lasts for hours, however fast the machine

    pipeline, training = start_training(folder, "/bin/bash")
    training.kill()  # as for want of memory
    status, _, errors = end(pipeline)
    assert status != 0
    assert "train_convnet" in errors

    pipeline, _ = start_training(folder, "/bin/sh")
    pipeline.kill()  # alone, not the processes that it started
    wait_for(lambda: not residents(folder), "the stage's end")
    pipeline.wait()
    assert not {"models/convnet.pt", "plots/models/convnet/curves.csv"} & set(sums(folder))

    change(folder, epochs=TINY["epochs"])
    assert ran(dvc(folder, "repro", "train_convnet")) == ["check", "train_convnet"]  # what had ended does not run again
    killed = sums(folder)
    assert "models/convnet.pt" in killed
    assert not list(folder.rglob(".*.tmp"))
    assert ran(dvc(folder, "repro", "--force", "--single-item", "train_convnet")) == ["train_convnet"]
    assert sums(folder) == killed
