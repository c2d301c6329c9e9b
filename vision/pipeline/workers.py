"""Independent runs of one study, spread over worker processes of one thread each."""

import errno
import resource
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

from vision.pipeline.errors import UserError
from vision.pipeline.process import available_cores, exit_with_parent, fix_seeds_and_threads

FILES_BESIDE_WORKERS = 48  # that a stage may hold open; each worker costs it two more

Job = TypeVar("Job")
Result = TypeVar("Result")


@contextmanager
def team(workers: int | None = None) -> Iterator[Callable[[Callable[[Job], Result], Iterable[Job]], list[Result]]]:
    """Give a function that calls another on each job and returns the results in the order of the jobs.

    Every job runs on one thread, so its bits do not depend on how many workers share the work. Give long jobs first.
    What is called is a module's function, or a functools.partial of one; it seeds itself from its job. The workers
    stay until the block ends.

    Args:
        workers: number of processes; by default one for each core

    Raises:
        UserError: a worker was killed, or this machine lets none be started
    """
    workers = workers or available_cores()
    _check_open_files(workers)
    with _told_why_not():
        pool = ProcessPoolExecutor(workers, get_context("spawn"), _start_worker)

    def run_all(function: Callable[[Job], Result], jobs: Iterable[Job]) -> list[Result]:
        jobs = list(jobs)
        with _interrupts_later(), _told_why_not():
            results = pool.map(function, jobs)
        return list(results)

    try:
        yield run_all
    except BaseException as error:
        # Not waiting for the jobs under way, after Ctrl-C say: the workers end with this process.
        pool.shutdown(wait=False, cancel_futures=True)
        if isinstance(error, BrokenProcessPool):
            message = "a worker process was killed, most often for want of memory; run again with less else running"
            raise UserError(message) from None
        raise
    pool.shutdown()


def run_all(function: Callable[[Job], Result], jobs: Iterable[Job], *, workers: int | None = None) -> list[Result]:
    """Call `function` on each job, in workers that end with it; see `team`."""
    jobs = list(jobs)
    with team(min(workers or available_cores(), len(jobs))) as call:
        return call(function, jobs)


def _check_open_files(workers: int) -> None:
    """Hold that the limit of open files lets so many workers be started."""
    limit, needed = resource.getrlimit(resource.RLIMIT_NOFILE)[0], FILES_BESIDE_WORKERS + 2 * workers
    if limit != resource.RLIM_INFINITY and limit < needed:
        raise UserError(
            f"{workers} worker processes may need {needed} open files, and {limit} are allowed: `ulimit -n {needed}`"
        )


@contextmanager
def _told_why_not() -> Iterator[None]:
    """Tell what is missing where worker processes cannot be started; the system's own words name nothing."""
    try:
        yield
    except (OSError, ImportError, NotImplementedError) as error:  # the last two where Python has no semaphores
        needs = {
            errno.EMFILE: "more open files: raise `ulimit -n`",
            errno.ENFILE: "more open files than the system has left",
            errno.ENOMEM: "more memory: run again with less else running",
            errno.EAGAIN: "more processes: raise `ulimit -u`",
        }
        need = needs.get(getattr(error, "errno", None), "shared memory: a writable /dev/shm (docker run --shm-size=1g)")
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"no worker process could be started ({reason}); that needs {need}") from None


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """Answer Ctrl-C when the block has ended; processes started in it never hear it, and end with this one."""
    heard = []
    handler = signal.signal(signal.SIGINT, lambda *_: heard.append(True))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # new processes inherit this, and not the handler
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, handler)
    if heard:
        raise KeyboardInterrupt


def _start_worker() -> None:
    exit_with_parent()
    import torch  # noqa: F401  `fix_seeds_and_threads` fixes only what is imported by now; the first job may bring torch later

    fix_seeds_and_threads(seed=0, threads=1)
