"""Numerics: which code the libraries that compute run on this processor, chosen before they are loaded."""

import os
import platform
import sys
from functools import cache
from pathlib import Path

from vision.pipeline.errors import UserError
from vision.pipeline.parsing import read_yaml

# What a shell exports for the libraries that compute changes bits: by their kernels, their precision, their blocks, and
# how many threads they have, which params.yaml is to say.
OWNED = (
    "ATEN_CPU_CAPABILITY", "BLIS_", "CUBLAS_WORKSPACE_CONFIG", "DNNL_", "FREETYPE_", "GOTO_", "KMP_", "MKL_", "NPY_",
    "NVIDIA_TF32_OVERRIDE", "OMP_", "ONEDNN_", "OPENBLAS_", "PYTORCH_MPS_", "SCIPY_", "SKLEARN_",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "VECLIB_",
)  # fmt: skip
# The instructions of Haswell (2013), which most x86-64 processors have since, and products that MKL computes alike for
# every maker. With these all of them give the same bits; each library chooses by processor otherwise.
PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "COMPATIBLE",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # all that NumPy has code for and Haswell has not
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
NEEDED = {"avx2", "fma", "bmi2"}  # by the code that PORTABLE names


def drop_tunables() -> None:
    """Start this program again without GLIBC_TUNABLES, if that is set: the C library has read it before Python runs.

    It may switch off the instructions by which exp and log are computed. Workers inherit what is left.
    """
    if os.environ.pop("GLIBC_TUNABLES", None) is not None:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def choose_numerics(path: Path) -> None:
    """Set the environment of the libraries that compute, as `numerics` and `threads` in params.yaml say.

    They read it when they are loaded, and workers inherit it: to be called before NumPy or torch is imported. A file
    that cannot be read is for the stage runner to tell; until then it is taken for portable on one thread.
    """
    try:
        params = read_yaml(path)
    except (UserError, OSError):
        params = {}
    numerics, threads = (params.get(name) if isinstance(params, dict) else None for name in ("numerics", "threads"))
    for name in [name for name in os.environ if name.startswith(OWNED)]:
        del os.environ[name]
    if numerics != "native" and is_x86_64() and not NEEDED - processor_flags():
        os.environ.update(PORTABLE)  # elsewhere OpenBLAS would run instructions that are not there
    # Without it, scikit-learn takes as many as the machine has cores, where these are fewer than `threads`.
    worker = "--multiprocessing-fork" in sys.orig_argv  # as multiprocessing starts a process: it has one thread
    counted = isinstance(threads, int) and threads > 0 and not worker
    os.environ["OMP_NUM_THREADS"] = str(threads) if counted else "1"


def why_not_portable(device: str) -> str | None:
    """Why this machine's bits are not those of others, in a few words; None where they are."""
    if device != "cpu":
        return f"device is {device}"
    if not is_x86_64():
        return f"the processor is {platform.system()} {platform.machine()}, not Linux x86_64"
    missing = NEEDED - processor_flags()
    return f"the processor has no {', '.join(sorted(missing))}" if missing else None


def is_x86_64() -> bool:
    """Whether this is what PORTABLE is about: Linux, whose wheels carry MKL and OpenBLAS, on x86-64."""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def has_bfloat16(device: str) -> bool:
    """Whether bfloat16 is computed by hardware; elsewhere it is emulated, ten times slower than float32."""
    return device != "cpu" or bool({"avx512_bf16", "amx_bf16", "bf16"} & processor_flags())


@cache
def processor_flags() -> set[str]:
    """The instruction sets that Linux names; none where it says nothing."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.split(":")[1].split()) for line in lines if line.startswith(("flags", "Features"))), set())
