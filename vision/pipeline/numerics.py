"""Numerics: which code the numerical libraries run on this processor, chosen before they are loaded."""

import os
import platform
import sys
from functools import cache
from pathlib import Path

from vision.pipeline.errors import UserError
from vision.pipeline.parsing import read_yaml

# Exported variables that change bits: kernels, precision, block sizes, numbers of threads. params.yaml decides these.
OWNED = (
    "ATEN_CPU_CAPABILITY", "BLIS_", "CUBLAS_WORKSPACE_CONFIG", "DNNL_", "FREETYPE_", "GOTO_", "KMP_", "MKL_", "NPY_",
    "NVIDIA_TF32_OVERRIDE", "OMP_", "ONEDNN_", "OPENBLAS_", "PYTORCH_MPS_", "SCIPY_", "SKLEARN_",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "VECLIB_",
)  # fmt: skip
# The instructions of Haswell (2013), which most x86-64 processors have, and MKL products that are equal on all makers'
# processors: all of them then give the same bits. By default each library chooses by processor.
PORTABLE = {
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_CBWR": "COMPATIBLE",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",  # all that NumPy has code for and Haswell lacks
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
}
NEEDED = {"avx2", "fma", "bmi2"}  # instructions that PORTABLE uses


def drop_tunables() -> None:
    """Start this program again without GLIBC_TUNABLES, which may change how the C library computes exp and log."""
    if os.environ.pop("GLIBC_TUNABLES", None) is not None:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])


def choose_numerics(path: Path) -> None:
    """Set the environment of the numerical libraries as params.yaml says, before NumPy or torch is imported.

    A file that cannot be read, which the stage runner reports, means portable numerics on one thread.
    """
    try:
        params = read_yaml(path)
    except (UserError, OSError):
        params = {}
    numerics, threads = (params.get(name) if isinstance(params, dict) else None for name in ("numerics", "threads"))
    for name in [name for name in os.environ if name.startswith(OWNED)]:
        del os.environ[name]
    if numerics != "native" and is_x86_64() and not NEEDED - processor_flags():
        os.environ.update(PORTABLE)  # on other processors OpenBLAS would run missing instructions
    # Without it, scikit-learn takes one thread for each core where these are fewer than `threads`.
    os.environ["OMP_NUM_THREADS"] = str(threads) if isinstance(threads, int) and threads > 0 else "1"


def why_not_portable(device: str) -> str | None:
    """Why this machine's bits differ from those of others; None where they do not."""
    if device != "cpu":
        return f"device is {device}"
    if not is_x86_64():
        return f"the processor is {platform.system()} {platform.machine()}, not Linux x86_64"
    missing = NEEDED - processor_flags()
    return f"the processor has no {', '.join(sorted(missing))}" if missing else None


def is_x86_64() -> bool:
    """Whether this is Linux, whose wheels carry MKL and OpenBLAS, on x86-64."""
    return platform.system() == "Linux" and platform.machine() == "x86_64"


def has_bfloat16(device: str) -> bool:
    """Whether the hardware computes bfloat16; elsewhere it is emulated, ten times slower than float32."""
    return device != "cpu" or bool({"avx512_bf16", "amx_bf16", "bf16"} & processor_flags())


@cache
def processor_flags() -> set[str]:
    """The instruction sets that Linux names; empty on other systems."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return set()
    return next((set(line.split(":")[1].split()) for line in lines if line.startswith(("flags", "Features"))), set())
