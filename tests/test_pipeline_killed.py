"""A pipeline that was killed continues where it stopped, to the same bits."""

import pytest

from tests.repositories import TINY, dvc, end, ran, start_dvc, sums
from tests.running import change, residents, wait_for, words_of
from tests.scratch import make_scratch

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
