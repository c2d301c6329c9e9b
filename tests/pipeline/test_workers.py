"""Runs spread over processes: same results in the same order, however many share the work."""

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
    """A result that depends on its job alone, and where it was computed."""
    matrix = np.random.default_rng(seed).normal(size=(60, 60))
    threads = max(pool["num_threads"] for pool in threadpoolctl.threadpool_info())
    return seed, np.linalg.matrix_power(matrix / 8, 20).tobytes(), threads, os.getpid()


def threads_of_torch(job):
    import torch  # as a job's own module does, and here no earlier than that

    return torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()


def stumble(job):
    if job == "bug":
        raise ZeroDivisionError(job)
    if job == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def test_results_come_in_the_order_of_the_jobs_whatever_the_workers():
    jobs = [3, 1, 2, 1]
    alone, shared = (run_all(measure, iter(jobs), workers=workers) for workers in (1, 2))
    assert [seed for seed, *_ in shared] == jobs
    assert [result[:2] for result in alone] == [result[:2] for result in shared]
    assert {threads for _, _, threads, _ in alone + shared} == {1}
    assert os.getpid() not in {process for *_, process in alone + shared}


def test_torch_computes_alike_in_a_worker_also_where_the_job_is_the_first_to_import_it():
    assert run_all(threads_of_torch, [0], workers=1) == [(1, True)]


def test_a_team_stays_until_its_block_ends():
    with team(1) as call:
        first, second = (call(measure, [seed]) for seed in (0, 1))
        assert [seed for seed, *_ in first + second] == [0, 1]
        (process,) = {process for *_, process in first + second}
        assert psutil.pid_exists(process)
    assert not psutil.pid_exists(process)


def test_no_jobs_have_no_results():
    assert run_all(measure, [], workers=2) == []


def test_a_killed_worker_is_the_users_error():
    with pytest.raises(UserError, match="a worker process was killed"):
        run_all(stumble, ["fine", "kill", "fine"], workers=1)


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOENT, "/dev/shm"), (errno.ENOSYS, "/dev/shm"), (errno.EMFILE, "ulimit -n"), (errno.ENOMEM, "memory")],
)
@pytest.mark.parametrize(
    "place", ["multiprocessing.synchronize.SemLock.__init__", "multiprocessing.util.spawnv_passfds"]
)
def test_what_a_worker_lacks_is_named(place, number, words, monkeypatch):
    def fail(*_, **__):
        raise OSError(number, os.strerror(number))  # as without /dev/shm: the system names no file

    monkeypatch.setattr(place, fail)
    with pytest.raises(UserError, match=f"no worker process could be started.*{words}"):
        run_all(stumble, ["fine"], workers=1)


def test_too_few_open_files_are_told_before_any_work(monkeypatch):
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64))
    with pytest.raises(UserError, match=r"^40 worker processes may need 128 open files, and 64 are allowed"):
        run_all(stumble, ["kill"] * 40, workers=40)


def test_jobs_that_cannot_be_read_are_no_fault_of_the_workers():
    def jobs():
        yield "fine"
        raise FileNotFoundError(errno.ENOENT, "No such file or directory", "jobs.csv")

    with pytest.raises(FileNotFoundError), team(1) as call:
        call(stumble, jobs())


def test_a_jobs_own_mistake_is_raised_as_it_is():
    with pytest.raises(ZeroDivisionError, match="bug"):
        run_all(stumble, ["fine", "bug"], workers=1)
