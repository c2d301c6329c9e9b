"""One script per kind of stage, run as `python -m stages.<name>`; what stands here comes before its imports."""

import os
import signal
import sys

# What a shell exports for the libraries that compute changes bits: by their kernels, their precision, their blocks, and
# how many threads they have, which params.yaml is to say. Each reads it when it is loaded: later than here, also in the
# workers, which inherit what is left.
OWNED = (
    "ATEN_CPU_CAPABILITY", "BLIS_", "CUBLAS_WORKSPACE_CONFIG", "DNNL_", "GOTO_", "KMP_", "MKL_", "NPY_",
    "NVIDIA_TF32_OVERRIDE", "OMP_", "ONEDNN_", "OPENBLAS_", "PYTORCH_MPS_", "SCIPY_", "SKLEARN_",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE", "VECLIB_",
)  # fmt: skip
for name in [name for name in os.environ if name.startswith(OWNED)]:
    del os.environ[name]

# Threads that spin for long while they wait for each other are many times slower as soon as anything else wants a core.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# The helper of multiprocessing cleans up after a stage that failed; that it did so is no news.
os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")

if sys.argv[0] == "-m":
    # Until the stage runner answers Ctrl-C with a line of its own, it ends the program without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    from vision.pipeline.process import exit_with_parent

    exit_with_parent()  # now, since what a stage imports takes seconds
