"""The code that numerical libraries run is chosen before they are loaded, whatever a shell exports."""

import os
import platform
import subprocess
import sys

import pytest

from tests.scratch import ROOT
from vision.pipeline import numerics
from vision.pipeline.numerics import PORTABLE, choose_numerics, drop_tunables, has_bfloat16, why_not_portable

HOSTILE = {
    "ATEN_CPU_CAPABILITY": "default", "CUBLAS_WORKSPACE_CONFIG": ":16:8", "DNNL_MAX_CPU_ISA": "SSE41",
    "FREETYPE_PROPERTIES": "truetype:interpreter-version=35", "MKL_CBWR": "COMPATIBLE", "MKL_DEBUG_CPU_TYPE": "5",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "MKL_NUM_THREADS": "1", "NVIDIA_TF32_OVERRIDE": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX2 FMA3", "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1",  # with it and two threads, a step of training never ends
    "ONEDNN_MAX_CPU_ISA": "SSE41", "OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_L2_SIZE": "65536",
    "OPENBLAS_NUM_THREADS": "1", "SKLEARN_PAIRWISE_DIST_CHUNK_SIZE": "16",
}  # fmt: skip
HARMLESS = {"DATA_MIRROR": "somewhere", "GOMP_SPINCOUNT": "7", "TORCH_HOME": "elsewhere"}  # for the user to say
COMPUTE = """
import hashlib
import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors
from vision.pipeline.process import fix_seeds_and_threads

fix_seeds_and_threads(seed=0, threads=2)
rows = np.random.default_rng(0).standard_normal((600, 200)).astype(np.float32)
images = torch.from_numpy(rows.reshape(30, 4, 25, 40))
found = {
    "numpy": [rows.T @ rows, rows.mean(0), rows.astype(float) @ rows.T.astype(float)],
    "torch": [images.flatten(1).softmax(1), torch.from_numpy(rows.T) @ torch.from_numpy(rows)],
    "convolution": [torch.nn.functional.conv2d(images, images[:5, :, :5, :5])],
    "k-NN": NearestNeighbors(n_neighbors=5, algorithm="brute").fit(rows[:400]).kneighbors(rows[400:]),
}
for name, arrays in found.items():
    print(name, hashlib.md5(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest())
"""
AS_A_STAGE = "import stages\n"  # what `python -m stages.<name>` does first

on_linux_x86_64 = pytest.mark.skipif(not numerics.is_x86_64(), reason="portable numerics are about Linux on x86-64")


@pytest.fixture
def choose(tmp_path, monkeypatch):
    """Choose numerics by the text of a params.yaml, in an environment with harmful and harmless variables."""
    monkeypatch.setattr(os, "environ", HOSTILE | HARMLESS)

    def chosen(text):
        path = tmp_path / "params.yaml"
        path.write_text(text)
        choose_numerics(path)
        return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}

    return chosen


@on_linux_x86_64
def test_portable_numerics_name_one_set_of_kernels_and_the_threads(choose):
    assert choose("numerics: portable\nthreads: 3\n") == {**HARMLESS, **PORTABLE, "OMP_NUM_THREADS": "3"}


@on_linux_x86_64
@pytest.mark.parametrize("text", ["- a list", "numerics: [", "threads: many"])
def test_unreadable_parameters_mean_portable_numerics_on_one_thread(choose, text):
    assert choose(text) == {**HARMLESS, **PORTABLE, "OMP_NUM_THREADS": "1"}


def test_native_numerics_and_a_processor_without_avx2_leave_the_choice_to_the_libraries(choose, monkeypatch):
    assert choose("numerics: native\nthreads: 3\n") == {**HARMLESS, "OMP_NUM_THREADS": "3"}
    monkeypatch.setattr(numerics, "processor_flags", lambda: {"sse2", "avx"})
    assert choose("numerics: portable\nthreads: 3\n") == {**HARMLESS, "OMP_NUM_THREADS": "3"}


def test_program_starts_again_once_without_glibc_tunables(monkeypatch):
    started = []
    monkeypatch.setattr(os, "execv", lambda *words: started.append(words))
    monkeypatch.setattr(sys, "orig_argv", ["python3", "-m", "stages.split"])
    monkeypatch.setattr(os, "environ", {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2"})
    for _ in range(2):  # the second time there are none
        drop_tunables()
        assert started == [(sys.executable, [sys.executable, "-m", "stages.split"])]
        assert os.environ == {}


def on(monkeypatch, flags, machine="x86_64"):
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(numerics, "processor_flags", lambda: set(flags.split()))


def test_why_not_portable_and_has_bfloat16_follow_device_and_processor(monkeypatch):
    on(monkeypatch, "sse2 avx avx2 fma bmi2")
    assert why_not_portable("cpu") is None
    assert "cuda" in why_not_portable("cuda")
    assert (has_bfloat16("cpu"), has_bfloat16("cuda")) == (False, True)
    on(monkeypatch, "sse2 avx bmi2 avx512_bf16")
    assert "avx2, fma" in why_not_portable("cpu")
    assert has_bfloat16("cpu")
    on(monkeypatch, "", machine="aarch64")
    assert "aarch64" in why_not_portable("cpu")


def run(code, **exported):
    environment = {name: value for name, value in os.environ.items() if name not in HOSTILE}
    words, pythonpath = [sys.executable, "-c", code], {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(words, env=environment | pythonpath | exported, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
def test_exported_variables_change_no_bits_of_a_stage():
    plain = run(AS_A_STAGE + COMPUTE)
    assert run(AS_A_STAGE + COMPUTE, **HOSTILE) == plain
    if platform.machine() in ("x86_64", "AMD64"):  # outside a stage they do, so that there is something to take away
        kernels = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA", "OPENBLAS_CORETYPE")
        changed = run(COMPUTE, **{name: HOSTILE[name] for name in kernels})
        assert {line.split()[0] for line in set(changed.splitlines()) - set(plain.splitlines())} >= {"numpy", "torch"}
