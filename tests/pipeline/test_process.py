"""What a process needs before it computes: seeds, threads, and one copy of itself at a time."""

import os
import random
import threading

import numpy as np
import psutil
import pytest
import threadpoolctl
import torch

from tests.running import wait_for
from vision.pipeline import process
from vision.pipeline.process import available_cores, fix_seeds_and_threads, only_copy


def draws():
    return random.random(), np.random.random(), torch.rand(1).item()


def test_settle_seeds_every_generator_and_sets_the_threads():
    found = []
    for seed in (3, 3, 4):
        fix_seeds_and_threads(seed=seed, threads=2)
        found.append(draws())
    assert found[0] == found[1]
    assert all(first != second for first, second in zip(found[0], found[2], strict=True))
    assert torch.get_num_threads() == 2
    assert torch.are_deterministic_algorithms_enabled()
    assert not torch.backends.cudnn.allow_tf32
    assert {pool["num_threads"] for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"} == {1}


def test_only_copy_waits_while_another_holds_the_lock(tmp_path, capsys):
    entered = threading.Event()

    def enter():
        with only_copy(tmp_path / "stages/a.lock", "split"):
            entered.set()

    with only_copy(tmp_path / "stages/b.lock", "other"), only_copy(tmp_path / "stages/a.lock", "split"):
        waiting = threading.Thread(target=enter)
        waiting.start()
        assert wait_for(lambda: capsys.readouterr().err, "a line") == "waiting for another run of split to end\n"
        assert not entered.is_set()
    waiting.join(timeout=10)
    assert entered.is_set()


@pytest.mark.parametrize("words", [["python", "-m", "dvc"], ["sh", "-c", "python"]])
def test_lineage_goes_beyond_a_shell_that_runs_one_command(words, monkeypatch):
    monkeypatch.setattr(psutil.Process, "cmdline", lambda _: words)
    parent = os.getppid()
    shells = [psutil.Process(parent).ppid()] if words[0] == "sh" else []
    assert process._lineage() == [parent, *shells]


def test_available_cores_are_those_this_process_may_use():
    assert 1 <= available_cores() <= len(os.sched_getaffinity(0))
