"""What a user's shell exports changes no bits: of NumPy, torch and scikit-learn, in a stage and in its workers."""

import json
import os
import platform
import subprocess
import sys

import pytest

from tests.scratch import ROOT
from vision.pipeline.numerics import PORTABLE, is_x86_64

HOSTILE = {
    "ATEN_CPU_CAPABILITY": "default",
    "CUBLAS_WORKSPACE_CONFIG": ":16:8",
    "DNNL_MAX_CPU_ISA": "SSE41",
    "FREETYPE_PROPERTIES": "truetype:interpreter-version=35",
    "MKL_CBWR": "COMPATIBLE",
    "MKL_DEBUG_CPU_TYPE": "5",
    "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
    "MKL_NUM_THREADS": "1",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX2 FMA3",
    "NVIDIA_TF32_OVERRIDE": "1",
    "OMP_NUM_THREADS": "1",
    "OMP_THREAD_LIMIT": "1",  # with it and two threads, a step of training never ends
    "ONEDNN_DEFAULT_FPMATH_MODE": "BF16",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Prescott",
    "OPENBLAS_L2_SIZE": "65536",
    "OPENBLAS_NUM_THREADS": "1",
    "SKLEARN_PAIRWISE_DIST_CHUNK_SIZE": "16",
}
HARMLESS = {"DATA_MIRROR": "somewhere", "GOMP_SPINCOUNT": "7", "TORCH_HOME": "elsewhere"}  # for the user to say
COMPUTE = """
import hashlib
import tempfile
from pathlib import Path
import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors
from vision.figures.style import figure
from vision.pipeline.process import settle

settle(seed=0, threads=2)
rows = np.random.default_rng(0).standard_normal((600, 200)).astype(np.float32)
images = torch.from_numpy(rows.reshape(30, 4, 25, 40))
found = {
    "numpy": [rows.T @ rows, rows.mean(0), rows.astype(float) @ rows.T.astype(float)],
    "torch": [images.flatten(1).softmax(1), torch.from_numpy(rows.T) @ torch.from_numpy(rows)],
    "convolution": [torch.nn.functional.conv2d(images, images[:5, :, :5, :5])],
    "k-NN": NearestNeighbors(n_neighbors=5, algorithm="brute").fit(rows[:400]).kneighbors(rows[400:]),
}
with tempfile.TemporaryDirectory() as folder:
    with figure(Path(folder, "a.png"), height_inches=1) as axes:
        axes.set(title="text", xlabel="more text")
    found["figure"] = [np.frombuffer(Path(folder, "a.png").read_bytes(), np.uint8)]
for name, arrays in found.items():
    print(name, hashlib.md5(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest())
"""
AS_A_STAGE = "import stages\n"  # what `python -m stages.<name>` does first


def run(code, **exported):
    environment = {name: value for name, value in os.environ.items() if name not in HOSTILE}
    words, pythonpath = [sys.executable, "-c", code], {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(words, env=environment | pythonpath | exported, capture_output=True, text=True, timeout=120)
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def plain():
    """The bits that come out where nothing is exported."""
    return run(AS_A_STAGE + COMPUTE)


def test_what_is_exported_changes_no_bits(plain, tmp_path):
    (tmp_path / "matplotlibrc").write_text("font.size: 20\nsavefig.dpi: 20\naxes.facecolor: red\n")
    assert run(AS_A_STAGE + COMPUTE, **HOSTILE, MPLCONFIGDIR=str(tmp_path)) == plain


@pytest.mark.skipif(not is_x86_64(), reason="what it switches off is of x86-64")
def test_what_the_c_library_was_told_is_taken_back():
    code = """
import math, os
print(os.environ.get("GLIBC_TUNABLES"), hash(tuple(math.exp(x / 997) for x in range(9973))))
"""
    told = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA"}
    drop = "from vision.pipeline.numerics import drop_tunables\ndrop_tunables()\n"
    assert run(drop + code, **told) == run(code)
    assert run(code, **told).split()[1] != run(code).split()[1]  # so that there is something to take back


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the values name its instruction sets")
def test_it_would_if_it_were_not_taken_away(plain):
    kernels = ("ATEN_CPU_CAPABILITY", "MKL_CBWR", "ONEDNN_MAX_CPU_ISA", "OPENBLAS_CORETYPE")
    without, changed = plain.splitlines(), run(COMPUTE, **{name: HOSTILE[name] for name in kernels}).splitlines()
    assert {line.split()[0] for line in set(changed) - set(without)} >= {"numpy", "torch"}


def test_workers_inherit_what_is_left():
    code = f"""
import json, os
from vision.pipeline.workers import run_all

names = {[*HOSTILE, *HARMLESS]!r}
print(json.dumps([[os.environ.get(name) for name in names], run_all(os.getenv, names, workers=1)]))
"""
    of_stage, of_worker = json.loads(run(AS_A_STAGE + code, **HOSTILE, **HARMLESS))
    ours = (PORTABLE if is_x86_64() else {}) | {"OMP_NUM_THREADS": "2"}
    assert of_stage == [ours.get(name) for name in HOSTILE] + list(HARMLESS.values())
    ours |= {"CUBLAS_WORKSPACE_CONFIG": ":4096:8"}  # for determinism, where torch is there
    assert of_worker == [ours.get(name) for name in HOSTILE] + list(HARMLESS.values())
