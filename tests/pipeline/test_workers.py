"""parallel_map: the same results in the same order, however many workers share the jobs and whatever the backend."""

import errno
import os
import random
import re
import signal

import joblib
import numpy as np
import pytest
import threadpoolctl
import torch

from vision.pipeline import workers
from vision.pipeline.errors import UserError
from vision.pipeline.process import fix_seeds_and_threads
from vision.pipeline.workers import parallel_map

JOBS = [3, 1, 2, 1]


def measure(seed):
    """A result that depends on its job, and on the global generators as each job finds them."""
    matrix = np.random.default_rng(seed).normal(size=(60, 60))
    draws = random.random(), np.random.random(), torch.rand(1).item()
    return seed, draws, np.linalg.matrix_power(matrix / 8, 20).tobytes()


def settings(job):
    """The process of a job, its numbers of threads, and whether torch is deterministic there."""
    threads = {pool["num_threads"] for pool in threadpoolctl.threadpool_info()} | {torch.get_num_threads()}
    blocked = signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    return os.getpid(), threads, torch.are_deterministic_algorithms_enabled(), blocked


def fail(job):
    if job == "bug":
        raise ZeroDivisionError(job)
    if job == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    return job


def test_workers_and_serial_runs_give_the_same_bits_in_the_order_of_the_jobs():
    expected = [parallel_map(measure, [job])[0] for job in JOBS]
    assert [seed for seed, *_ in expected] == JOBS
    assert parallel_map(measure, iter(JOBS), workers=2) == expected
    with joblib.parallel_config("sequential"):
        assert parallel_map(measure, JOBS) == expected


def test_job_of_a_worker_has_one_thread_and_deterministic_torch_and_never_hears_ctrl_c():
    (first, *found), (second, *_) = parallel_map(settings, range(2), workers=2)
    assert os.getpid() not in (first, second)
    assert found == [{1}, True, True]


def test_a_long_map_says_how_much_is_left(monkeypatch, capsys):
    monkeypatch.setattr(workers, "PRINT_SECONDS", 0)
    parallel_map(measure, JOBS, workers=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(",")[0] for line in lines] == ["1 of 4 done", "2 of 4 done", "3 of 4 done"]
    assert all(re.search(r"about \d+ (s|min) left$", line) for line in lines)


def test_serial_jobs_use_one_thread_and_leave_the_threads_and_generators_of_the_stage():
    fix_seeds_and_threads(seed=5, threads=2)
    expected = random.random(), np.random.random(), torch.rand(1).item()
    fix_seeds_and_threads(seed=5, threads=2)
    [(pid, threads, *_)] = parallel_map(settings, [0])
    assert (pid, threads) == (os.getpid(), {1})
    assert (random.random(), np.random.random(), torch.rand(1).item()) == expected
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_results_are_copies_and_an_exception_is_raised_unchanged(workers):
    shared = ["same"]
    first, second = parallel_map(lambda _: shared, range(2), workers=workers)
    assert first == second == shared
    assert first is not second
    with pytest.raises(ZeroDivisionError, match="bug"):
        parallel_map(fail, ["fine", "bug"], workers=workers)
    assert parallel_map(fail, [], workers=workers) == []


@pytest.mark.slow
def test_killed_worker_is_a_user_error_and_later_calls_work():
    with pytest.raises(UserError, match="a worker process was killed"):
        parallel_map(fail, ["fine", "kill", "fine"], workers=2)
    assert parallel_map(fail, ["fine"] * 2, workers=2) == ["fine"] * 2


@pytest.mark.parametrize(("number", "words"), [(errno.ENOSYS, "/dev/shm"), (errno.EMFILE, "ulimit -n")])
def test_failed_start_of_a_worker_names_what_it_needs(number, words, monkeypatch):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("joblib._parallel_backends.get_memmapping_executor", refuse)
    with pytest.raises(UserError, match=f"no worker process could be started.*{words}"):
        parallel_map(fail, ["fine"] * 2, workers=2)


def test_threads_which_joblib_uses_without_shared_memory_are_refused():
    with joblib.parallel_config("threading"), pytest.raises(UserError, match="/dev/shm"):
        parallel_map(fail, ["fine"])


def test_interrupt_while_workers_start_is_raised_afterwards(monkeypatch):
    def interrupted(*_, **__):
        os.kill(os.getpid(), signal.SIGINT)
        return lambda jobs: iter(["result"])

    monkeypatch.setattr("joblib.Parallel", interrupted)
    with pytest.raises(KeyboardInterrupt):
        parallel_map(fail, ["fine"])
