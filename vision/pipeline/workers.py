"""Independent jobs of one stage, spread over worker processes by joblib."""

import errno
import pickle
import random
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from multiprocessing import resource_tracker
from typing import TypeVar

import joblib
import numpy as np
import threadpoolctl
from joblib.parallel import LokyBackend, ThreadingBackend, get_active_backend

from vision.pipeline.errors import UserError
from vision.pipeline.process import die_with_parent, fix_seeds_and_threads, time_left

SHARED_MEMORY = "shared memory: a writable /dev/shm (docker run --shm-size=1g)"
PRINT_SECONDS = 10

Job = TypeVar("Job")
Result = TypeVar("Result")


def parallel_map(function: Callable[[Job], Result], jobs: Iterable[Job], workers: int | None = None) -> list[Result]:
    """Call `function` on each job; return the results in the order of the jobs.

    Each job runs on one thread and seeds itself, and its result is a pickled copy: neither the number of workers, by
    default one for each available core, nor the backend, joblib's active `parallel_config`, changes a bit. Put the
    longest jobs first.
    """
    jobs = list(jobs)
    if not jobs:
        return []
    workers, config = min(workers or joblib.cpu_count(), len(jobs)), nullcontext()
    backend = get_active_backend()[0]
    if isinstance(backend, ThreadingBackend):  # joblib's default without semaphores; threads would share generators
        raise UserError(f"no worker process can be started; it needs {SHARED_MEMORY}")
    if isinstance(backend, LokyBackend):
        config = joblib.parallel_config("loky", inner_max_num_threads=1, initializer=die_with_parent)
    try:
        with config, _defer_interrupts(), _explain_spawn_error():
            parallel = joblib.Parallel(workers, return_as="generator", pre_dispatch="all", max_nbytes=None)
            results = parallel(joblib.delayed(_run_job)(function, job) for job in jobs)
        return [pickle.loads(result) for result in _print_progress(results, len(jobs))]
    except BrokenProcessPool:
        message = "a worker process was killed, most often for lack of memory; stop other programs and run again"
        raise UserError(message) from None


def _print_progress(results: Iterable[bytes], total: int) -> Iterator[bytes]:
    """Pass on the results; say every ten seconds at most how many there are, and how long the others may take."""
    start = printed = time.perf_counter()
    for done, result in enumerate(results, start=1):
        yield result
        now = time.perf_counter()
        if done < total and now - printed >= PRINT_SECONDS:
            printed = now
            print(f"{done} of {total} done, {time_left((now - start) / done * (total - done))}", flush=True)


def _run_job(function: Callable[[Job], Result], job: Job) -> bytes:
    """Compute one job on one thread; then restore the threads and generators, which a serial run shares."""
    import torch  # here, since `fix_seeds_and_threads` covers torch only after its import

    threads, states = torch.get_num_threads(), (random.getstate(), np.random.get_state(), torch.get_rng_state())
    with threadpoolctl.threadpool_limits(1):
        try:
            fix_seeds_and_threads(seed=0, threads=1)
            return pickle.dumps(function(job))
        finally:
            torch.set_num_threads(threads)
            for restore, state in zip((random.setstate, np.random.set_state, torch.set_rng_state), states, strict=True):
                restore(state)


@contextmanager
def _explain_spawn_error() -> Iterator[None]:
    """Say what a worker process needs where none can be started; the system's message does not."""
    try:
        yield
    except OSError as error:
        needs = {
            errno.EMFILE: "more open files: raise `ulimit -n`",
            errno.ENOMEM: "more memory: stop other programs and run again",
            errno.EAGAIN: "more processes: raise `ulimit -u`",
        }
        need = needs.get(error.errno, SHARED_MEMORY)
        raise UserError(f"no worker process could be started ({error.strerror or error}); it needs {need}") from None


@contextmanager
def _defer_interrupts() -> Iterator[None]:
    """Deliver Ctrl-C after the block; processes that are started in it, and later by its threads, never receive it."""
    resource_tracker.ensure_running()  # first, since its start would unblock the signal
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited by threads and processes
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
