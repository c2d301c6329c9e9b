"""The code that libraries run is chosen before they are loaded, and what cannot hold is said."""

import os
import platform
import sys

import pytest

from vision.pipeline import numerics
from vision.pipeline.numerics import PORTABLE, choose_numerics, has_bfloat16, why_not_portable

on_linux_x86_64 = pytest.mark.skipif(not numerics.is_x86_64(), reason="portable numerics are about Linux on x86-64")


@pytest.fixture
def choose(tmp_path, monkeypatch):
    """What a params.yaml makes of an environment: the variables that are ours, afterwards."""
    ours = (*numerics.OWNED, "HARMLESS")
    monkeypatch.setattr(os, "environ", {"HARMLESS": "kept", "MKL_CBWR": "AVX512", "OPENBLAS_L2_SIZE": "1"})

    def chosen(text):
        path = tmp_path / "params.yaml"
        path.write_text(text)
        choose_numerics(path)
        return {name: value for name, value in os.environ.items() if name.startswith(ours)}

    return chosen


@on_linux_x86_64
def test_portable_names_one_set_of_kernels_and_the_threads(choose):
    assert choose("numerics: portable\nthreads: 3\n") == {"HARMLESS": "kept", **PORTABLE, "OMP_NUM_THREADS": "3"}


def test_native_leaves_the_choice_to_the_libraries(choose):
    assert choose("numerics: native\nthreads: 3\n") == {"HARMLESS": "kept", "OMP_NUM_THREADS": "3"}


@on_linux_x86_64
@pytest.mark.parametrize("text", ["", "- a list", "numerics: [", "threads: many", "threads: -1", "threads: 0"])
def test_what_cannot_be_read_is_left_to_the_runner_to_tell(choose, text):
    assert choose(text) == {"HARMLESS": "kept", **PORTABLE, "OMP_NUM_THREADS": "1"}


def test_a_worker_has_one_thread(choose, monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-c", "...", "--multiprocessing-fork"])
    assert choose("numerics: native\nthreads: 3\n") == {"HARMLESS": "kept", "OMP_NUM_THREADS": "1"}


@on_linux_x86_64
def test_a_processor_without_these_instructions_is_not_told_to_use_them(choose, monkeypatch):
    monkeypatch.setattr(numerics, "processor_flags", lambda: {"sse2", "avx"})
    assert choose("numerics: portable\nthreads: 3\n") == {"HARMLESS": "kept", "OMP_NUM_THREADS": "3"}


def on(monkeypatch, flags, machine="x86_64"):
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(numerics, "processor_flags", lambda: set(flags.split()))


def test_portable_holds_on_processors_with_avx2(monkeypatch):
    on(monkeypatch, "sse2 avx avx2 fma bmi2")
    assert why_not_portable("cpu") is None
    assert "cuda" in why_not_portable("cuda")


def test_it_does_not_hold_on_others(monkeypatch):
    on(monkeypatch, "sse2 avx bmi2")
    assert "avx2, fma" in why_not_portable("cpu")
    on(monkeypatch, "", machine="aarch64")
    assert "aarch64" in why_not_portable("cpu")


def test_bfloat16_is_for_hardware_that_has_it(monkeypatch):
    on(monkeypatch, "avx2 avx512f")
    assert not has_bfloat16("cpu")
    assert has_bfloat16("cuda")
    on(monkeypatch, "avx2 avx512_bf16")
    assert has_bfloat16("cpu")


@on_linux_x86_64
def test_this_machine_says_what_it_has():
    assert "sse2" in numerics.processor_flags()
