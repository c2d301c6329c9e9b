"""What one operating-system process needs before it computes: threads, seeds, one copy of itself, a living parent."""

import fcntl
import multiprocessing
import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def fix_seeds_and_threads(*, seed: int, threads: int) -> None:
    """Fix everything that changes bits: the seed of every generator in use and the number of threads.

    torch is settled only where it is already imported, so that a stage that needs none starts a second sooner.
    """
    import numpy as np  # not above: a stage is to watch its parent before it imports anything that takes long
    import threadpoolctl

    random.seed(seed)
    np.random.seed(seed)
    threadpoolctl.threadpool_limits(threads)
    if torch := sys.modules.get("torch"):
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS is deterministic only with this set
        torch.use_deterministic_algorithms(True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # nothing reads it, and filling it takes time
        torch.backends.cudnn.allow_tf32 = False  # float32 is to mean that
        torch.set_num_threads(threads)
        # Beside torch's threads, those of NumPy's products would wait for cores, many times as long as they work.
        threadpoolctl.threadpool_limits(1, "blas")
        torch.manual_seed(seed)


def exit_with_parent(poll_seconds: float = 0.25) -> None:
    """End this process soon after its parent ended, so that a killed pipeline leaves nobody computing."""
    spawner, lineage = multiprocessing.parent_process(), _lineage()

    def watch() -> None:
        if spawner:  # known to a worker even where it ended before this line
            spawner.join()
        while not spawner and _lineage() == lineage:
            time.sleep(poll_seconds)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _lineage() -> list[int]:
    """The parent's process id and, where the parent is a shell that runs one command, that of the shell's parent.

    DVC runs `sh -c <command>`. bash becomes the command; dash waits for it, and outlives a DVC that was killed.
    """
    parent = os.getppid()
    try:
        shell = psutil.Process(parent)
        return [parent, shell.ppid()] if "-c" in shell.cmdline() else [parent]
    except psutil.Error:  # it has just ended, or may not be looked at
        return [parent]


@contextmanager
def only_copy(lock: Path, name: str) -> Iterator[None]:
    """Hold `lock` for the block, a run of `name`; wait while another process holds it.

    The kernel frees it when its holder dies.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another run of {name} to end", file=sys.stderr, flush=True)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def available_cores() -> int:
    """How many cores this process may use; a container may allow fewer than the machine has."""
    from joblib import cpu_count

    return cpu_count()
