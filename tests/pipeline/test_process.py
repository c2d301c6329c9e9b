"""Seeds, threads, the parent of a process, and the lock of a stage's outputs."""

import os
import platform
import random
import resource
import threading
from pathlib import Path

import numpy as np
import psutil
import pytest
import threadpoolctl
import torch

from tests.running import wait_for
from vision.pipeline.process import fix_seeds_and_threads, parent_pids, stage_lock

PATHS = [Path("models/a.pt"), Path("metrics/a.json")]


def test_fix_seeds_and_threads_covers_every_generator_and_thread_pool():
    draws = []
    for seed in (3, 3, 4):
        fix_seeds_and_threads(seed=seed, threads=2)
        draws.append((random.random(), np.random.random(), torch.rand(1).item()))
    assert draws[0] == draws[1]
    assert all(first != second for first, second in zip(draws[0], draws[2], strict=True))
    assert torch.get_num_threads() == 2
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.allow_tf32
    assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"} == {1}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the option is glibc's")
def test_freed_memory_is_used_again_without_new_pages():
    def faults(times):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        for _ in range(times):
            np.ones(2**23)  # 64 MiB; glibc keeps at most 32 by itself
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    fix_seeds_and_threads(seed=0, threads=1)
    faults(1)
    assert faults(3) < 2**26 / resource.getpagesize()


def test_stage_lock_waits_for_the_same_paths_in_any_order_and_spelling(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    entered = threading.Event()

    def enter():
        with stage_lock([path.resolve() for path in reversed(PATHS)], "train"):
            entered.set()

    with stage_lock(PATHS[:1], "another"), stage_lock(PATHS, "train"):
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert "another run of train" in wait_for(lambda: capsys.readouterr().err, "a line")
        assert not entered.is_set()
    waiting.join(timeout=10)
    assert entered.is_set()


@pytest.mark.parametrize("words", [["python", "-m", "dvc"], ["sh", "-c", "python"]])
def test_parent_pids_go_beyond_a_shell_that_runs_one_command(words, monkeypatch):
    monkeypatch.setattr(psutil.Process, "cmdline", lambda _: words)
    parent = os.getppid()
    assert parent_pids() == [parent, psutil.Process(parent).ppid()][: 2 if words[0] == "sh" else 1]
