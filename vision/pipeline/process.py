"""What a process needs before it computes: seeds, threads, a living parent, and the lock of its stage."""

import ctypes
import hashlib
import os
import random
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process
from pathlib import Path

import psutil

MALLOC = {-4: 0, -1: 2**31 - 1, -2: 2**26}  # M_MMAP_MAX, M_TRIM_THRESHOLD, M_TOP_PAD of malloc.h
LOCKS = Path(".dvc/tmp/stages")
POLL_SECONDS = 0.25  # between two looks at the parent


def fix_seeds_and_threads(*, seed: int, threads: int) -> None:
    """Fix the seed of every generator and the number of threads; of torch, only where it is already imported."""
    import numpy as np  # not above: a stage calls `die_with_parent` before any import that takes long
    import threadpoolctl

    reuse_memory()
    random.seed(seed)
    np.random.seed(seed)
    threadpoolctl.threadpool_limits(threads)
    if torch := sys.modules.get("torch"):
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is deterministic only with this set
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # nothing reads it, and filling it takes time
        torch.backends.cudnn.allow_tf32 = False
        torch.set_num_threads(threads)
        # Threads of NumPy's products and torch's threads would wait for each other's cores, longer than they compute.
        threadpoolctl.threadpool_limits(1, "blas")
        torch.manual_seed(seed)


def reuse_memory() -> None:
    """Make the C library keep what is freed: otherwise each big array takes new pages from the system.

    These faults are a seventh of the ConvNet's training. Other C libraries have no such option.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    for option, value in MALLOC.items() if mallopt else ():
        mallopt(option, value)


def time_left(seconds: float) -> str:
    """Seconds in words, as "about 3 min left"."""
    return f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {seconds:.0f} s left"


def die_with_parent() -> None:
    """End this process soon after its parent ended, so that no process of a killed pipeline goes on computing."""
    spawner = parent_process()  # of a worker: known even where it has ended by now
    expected = [spawner.pid] if spawner else parent_pids()

    def watch() -> None:
        while parent_pids()[: len(expected)] == expected:
            time.sleep(POLL_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def parent_pids() -> list[int]:
    """The parent's process id and, after `sh -c`, in which DVC runs a command, that of the shell's parent.

    dash waits for the command and outlives a DVC that was killed.
    """
    parent = os.getppid()
    try:
        shell = psutil.Process(parent)
        return [parent, shell.ppid()] if "-c" in shell.cmdline() else [parent]
    except psutil.Error:  # it has just ended, or is another user's
        return [parent]


@contextmanager
def stage_lock(paths: Iterable[Path], name: str) -> Iterator[None]:
    """Wait until no other process runs the stage with these paths, whatever their order; `name` is the stage's."""
    from filelock import FileLock, Timeout

    key = hashlib.md5("\n".join(sorted(os.path.relpath(path) for path in paths)).encode()).hexdigest()
    LOCKS.mkdir(parents=True, exist_ok=True)
    lock = FileLock(LOCKS / f"{key}.lock")
    try:
        held = lock.acquire(blocking=False)
    except Timeout:
        print(f"waiting for another run of {name} to end", file=sys.stderr, flush=True)
        held = lock.acquire()
    with held:
        yield
