"""Stages that are interrupted, killed, run twice at once or left by their parent: nothing half-done, nobody left."""

import os
import signal
import sys
from contextlib import suppress

import psutil
import pytest

from tests.running import change, command, end, files, make_small, residents, start, wait_for, words_of

SPLIT, TRAIN, SUBSETS = (command(stage) for stage in ("split@handwriting", "train_convnet", "train_subsets"))
WAITING_SHELL = ["/bin/sh", "-c", '"$@"; exit $?', "sh"]  # as dash does with one command, and others with two
SOON = 60  # seconds; a few on an idle machine, and an orphan would go on for hours


@pytest.fixture
def scratch(tmp_path):
    """A scratch copy where split has run; a training there would last for hours. Nobody stays when the test ends."""
    folder = make_small(tmp_path.resolve() / "scratch")
    change(folder, epochs=100_000, subsets={"fractions": [0.9, 0.95, 1]})
    assert end(start(SPLIT, folder))[0] == 0
    yield folder
    for process in residents(folder):
        with suppress(psutil.NoSuchProcess):
            process.kill()


def workers(folder):
    """Worker processes, which are not the standard library's resource tracker."""
    return [process for process in residents(folder) if any("spawn_main" in word for word in words_of(process))]


def stages(folder):
    """Processes of a stage itself, not of its workers or its parent."""
    return [process for process in residents(folder) if words_of(process)[1:2] == ["-m"]]


def imports(process):
    """Whether a process has come as far as its imports, or further."""
    return process.cpu_times().user > 0.5


def trains(process):
    """Whether a process has used more processor time than its imports take."""
    return process.cpu_times().user > 4


def all_end(folder):
    wait_for(lambda: not residents(folder), "everybody's end", SOON)


def interrupt(process, folder):
    """Press Ctrl-C: every process of the terminal's foreground group hears it. Return status and errors."""
    os.killpg(process.pid, signal.SIGINT)
    all_end(folder)
    status, _, errors = end(process)
    return status, errors


def test_interrupted_training_leaves_nothing(scratch):
    before = files(scratch)
    process = start(TRAIN, scratch, start_new_session=True)
    assert "epoch" in process.stdout.readline()
    status, errors = interrupt(process, scratch)
    assert (status, errors.count("\n")) == (130, 1), errors
    assert errors.startswith("error in stage train-convnet: interrupted")
    assert files(scratch) == before


def test_interrupted_workers_end_too(scratch):
    process = start(SUBSETS, scratch, start_new_session=True)
    wait_for(lambda: workers(scratch), "a worker")
    status, errors = interrupt(process, scratch)
    assert (status, errors.count("\n")) == (130, 1), errors


def test_a_stage_interrupted_as_it_starts_shows_no_traceback(scratch):
    process = start(TRAIN, scratch, start_new_session=True)
    wait_for(lambda: any(map(imports, stages(scratch))), "the stage")
    status, errors = interrupt(process, scratch)
    assert status in (130, -signal.SIGINT)
    assert "Traceback" not in errors


def test_a_killed_worker_is_told_in_one_line(scratch):
    process = start(SUBSETS, scratch)
    wait_for(lambda: workers(scratch), "a worker")[0].kill()
    all_end(scratch)
    status, _, errors = end(process)
    assert (status, errors.count("\n")) == (1, 1), errors
    assert "a worker process was killed" in errors


@pytest.mark.parametrize(
    ("shell", "words", "ready"),
    [
        pytest.param([], TRAIN, lambda folder: any(map(imports, stages(folder))), id="a-stage-as-it-starts"),
        pytest.param([], SUBSETS, workers, id="workers-as-they-start"),
        pytest.param([], SUBSETS, lambda folder: any(map(trains, workers(folder))), id="workers-that-train"),
        pytest.param(WAITING_SHELL, SUBSETS, workers, id="workers-of-a-stage-whose-shell-waits-for-it"),
    ],
)
def test_nobody_outlives_a_killed_parent(shell, words, ready, scratch):
    run = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    parent = start([sys.executable, "-c", run, *shell, *words], scratch)
    wait_for(lambda: ready(scratch), "the stage")
    parent.kill()
    all_end(scratch)


def test_a_second_copy_waits_and_goes_on_when_the_first_is_killed(scratch):
    first = start(TRAIN, scratch)
    assert "epoch" in first.stdout.readline()
    change(scratch, epochs=1)  # for the second
    second = start(TRAIN, scratch)
    assert second.stderr.readline() == "waiting for another run of train-convnet to end\n"
    assert not (scratch / "models/convnet.pt").exists()
    first.kill()
    assert end(second)[0] == 0
    assert (scratch / "models/convnet.pt").exists()
    assert not list(scratch.rglob("*.tmp"))


def test_two_copies_at_once_write_what_one_writes(scratch):
    outputs = [scratch / name for name in sorted(files(scratch)) if "prepared" in name or name.startswith("metrics/")]
    assert len(outputs) == 3
    alone = [path.read_bytes() for path in outputs]
    for path in outputs:
        path.unlink()
    for copy in [start(SPLIT, scratch) for _ in range(3)]:
        assert end(copy)[0] == 0
    assert [path.read_bytes() for path in outputs] == alone
