"""Runs spread over processes: the same results in the same order, however many share the work."""

import errno
import os
import resource
import signal

import numpy as np
import psutil
import pytest
import threadpoolctl

from vision.pipeline.errors import UserError
from vision.pipeline.workers import run_all, team


def measure(seed):
    """A result that depends on its job alone."""
    matrix = np.random.default_rng(seed).normal(size=(60, 60))
    return seed, np.linalg.matrix_power(matrix / 8, 20).tobytes()


def whereabouts(job):
    """Where a job is computed: the process, its threads, and whether torch is deterministic there."""
    import torch  # as a job's own module does, and here no earlier than that

    threads = {pool["num_threads"] for pool in threadpoolctl.threadpool_info()} | {torch.get_num_threads()}
    return os.getpid(), threads, torch.are_deterministic_algorithms_enabled()


def fail(job):
    if job == "bug":
        raise ZeroDivisionError(job)
    if job == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return job


@pytest.fixture(scope="module")
def call():
    """A team of one worker, as each takes seconds to start."""
    with team(1) as call:
        yield call


JOBS = [3, 1, 2, 1]


def test_a_worker_gives_the_bits_of_this_process(call):
    assert call(measure, iter(JOBS)) == [measure(job) for job in JOBS]


@pytest.mark.slow
def test_results_of_several_workers_come_in_the_order_of_the_jobs():
    assert run_all(measure, JOBS, workers=2) == [measure(job) for job in JOBS]


def test_a_worker_has_one_thread_and_deterministic_torch_and_stays(call):
    (first, *settings), (second, *_) = call(whereabouts, [0]) + call(whereabouts, [1])
    assert first == second != os.getpid()
    assert settings == [{1}, True]
    assert psutil.pid_exists(first)


def test_an_exception_of_a_job_is_raised_as_it_is(call):
    with pytest.raises(ZeroDivisionError, match="bug"):
        call(fail, ["fine", "bug"])


def test_no_jobs_have_no_results():
    assert run_all(measure, []) == []


def test_a_team_takes_no_jobs_after_its_block():
    with team(1) as call:
        pass
    with pytest.raises(RuntimeError, match="after shutdown"):
        call(fail, ["fine"])


@pytest.mark.slow
def test_workers_end_with_their_block():
    with team(1) as call:
        [(process, *_)] = call(whereabouts, [0])
    assert not psutil.pid_exists(process)


@pytest.mark.slow
def test_a_killed_worker_is_an_error_of_the_user():
    with pytest.raises(UserError, match="a worker process was killed"):
        run_all(fail, ["fine", "kill", "fine"], workers=1)


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSYS, "/dev/shm"), (errno.EMFILE, "ulimit -n")])
@pytest.mark.parametrize("name", ["synchronize.SemLock.__init__", "util.spawnv_passfds"])
def test_what_prevents_a_worker_from_starting_is_named(name, number, words, monkeypatch):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))  # as without /dev/shm: the system names no file

    monkeypatch.setattr(f"multiprocessing.{name}", refuse)
    with pytest.raises(UserError, match=f"no worker process could be started.*{words}"):
        run_all(fail, ["fine"], workers=1)


def test_too_few_open_files_are_reported_before_any_work(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (127, 127))
    with pytest.raises(UserError, match=r"^40 worker processes may need 128 open files, and 127 are allowed"), team(40):
        pass
    for limit in (128, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        with team(40) as call:
            assert call(fail, []) == []


def test_jobs_that_cannot_be_read_are_not_blamed_on_the_workers():
    def jobs():
        yield "fine"
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "jobs.csv")

    with pytest.raises(FileNotFoundError), team(1) as call:
        call(fail, jobs())


def test_an_interrupt_while_workers_start_is_raised_afterwards(monkeypatch):
    handler = signal.getsignal(signal.SIGINT)

    def interrupted(*_, **__):
        os.kill(os.getpid(), signal.SIGINT)
        return iter(["result"])

    with team(1) as call:
        monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor.map", interrupted)
        with pytest.raises(KeyboardInterrupt):
            call(fail, ["fine"])
    assert signal.getsignal(signal.SIGINT) is handler
