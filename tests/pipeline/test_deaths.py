"""Stages that are interrupted, killed, run twice at once or left by their parent leave no file and no process."""

import os
import signal
import sys
from contextlib import suppress

import psutil
import pytest

from tests.running import change, command, end, files, make_small, residents, start, wait_for, words_of

pytestmark = pytest.mark.slow

SPLIT, TRAIN, SUBSETS = (command(stage) for stage in ("split@handwriting", "train_convnet", "train_subsets"))
WAITING_SHELL = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]  # as dash does with one command, and others with two


@pytest.fixture
def scratch(tmp_path):
    """A scratch copy where split has run; a training there would last for hours. No process outlives the test."""
    folder = make_small(tmp_path.resolve() / "scratch")
    change(folder, epochs=100_000, subsets={"fractions": [0.9, 0.95, 1]})
    assert end(start(SPLIT, folder))[0] == 0
    yield folder
    for process in residents(folder):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def workers(folder):
    return [process for process in residents(folder) if any("popen_loky" in word for word in words_of(process))]


def all_end(folder):
    wait_for(lambda: not residents(folder), "the end of all processes")


@pytest.mark.parametrize("words", [TRAIN, SUBSETS], ids=["alone", "with workers"])
def test_interrupted_training_leaves_nothing(words, scratch):
    before = files(scratch)
    process = start(words, scratch, start_new_session=True)
    if words is TRAIN:
        assert "epoch" in process.stdout.readline()
    else:
        wait_for(lambda: workers(scratch), "a worker")
    os.killpg(process.pid, signal.SIGINT)  # as Ctrl-C: every process of the terminal's foreground group hears it
    all_end(scratch)
    status, _, errors = end(process)
    assert (status, errors.count("\n")) == (130, 1), errors
    assert "interrupted" in errors
    assert files(scratch) == before


@pytest.mark.parametrize("shell", [[], WAITING_SHELL], ids=["direct", "in a shell that waits"])
def test_no_process_outlives_a_killed_parent(shell, scratch):
    run = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    parent = start([sys.executable, "-c", run, *shell, *SUBSETS], scratch)
    wait_for(lambda: workers(scratch), "a worker")
    parent.kill()
    all_end(scratch)


def test_second_run_waits_and_goes_on_when_the_first_is_killed(scratch):
    first = start(TRAIN, scratch)
    assert "epoch" in first.stdout.readline()
    change(scratch, epochs=1)  # for the second
    second = start(TRAIN, scratch, env={"DVC_STAGE": "train_convnet"})  # through DVC
    assert second.stderr.readline() == "waiting for another run of train_convnet to end\n"
    assert not (scratch / "models/convnet.pt").exists()
    first.kill()
    assert end(second)[0] == 0
    assert (scratch / "models/convnet.pt").exists()
    assert not list(scratch.rglob("*.tmp"))
