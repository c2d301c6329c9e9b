"""A pipeline that was killed goes on where it was, to the bits of one that never was."""

from tests.repositories import TINY, dvc, end, ran, start_dvc, sums
from tests.running import residents, wait_for
from tests.scratch import make_scratch


def train_until_second_epoch(folder):
    """Start dvc; return it and the process of its training stage once that is in the midst of its work."""
    pipeline = start_dvc(folder, "repro", "train_convnet")
    while not (line := pipeline.stdout.readline()).startswith("epoch"):
        assert line, pipeline.stderr.read()
    (training,) = (process for process in residents(folder) if "stages.train" in process.cmdline())
    return pipeline, training


def test_killed_in_the_midst_of_training(tmp_path):
    folder = tmp_path.resolve() / "scratch"
    make_scratch(folder, TINY | {"epochs": 25})  # so long that it is still under way when its parent's end is noticed

    pipeline, training = train_until_second_epoch(folder)
    training.kill()  # as for want of memory
    status, _, errors = end(pipeline)
    assert status != 0
    assert "train_convnet" in errors

    pipeline, training = train_until_second_epoch(folder)
    pipeline.kill()  # alone, not the processes that it started
    pipeline.wait()
    wait_for(lambda: not residents(folder), "the stage's end", seconds=15)
    assert not {"models/convnet.pt", "plots/convnet/curves.csv"} & set(sums(folder))

    assert ran(dvc(folder, "repro", "train_convnet")) == ["train_convnet"]  # what had ended does not run again
    killed = sums(folder)
    assert "models/convnet.pt" in killed
    assert not list(folder.rglob(".*.tmp"))
    assert ran(dvc(folder, "repro", "--force", "--single-item", "train_convnet")) == ["train_convnet"]
    assert sums(folder) == killed
