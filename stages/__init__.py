"""One script per kind of stage, run as `python -m stages.<name>`; what stands here comes before its imports."""

import os
import signal
import sys
from pathlib import Path

from vision.pipeline.numerics import choose_numerics, drop_tunables

if sys.argv[0] == "-m":
    drop_tunables()
choose_numerics(Path("params.yaml"))

# Threads that spin for long while they wait for each other are many times slower as soon as anything else wants a core.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
# The helper of multiprocessing cleans up after a stage that failed; that it did so is no news.
os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")

if sys.argv[0] == "-m":
    # Until the stage runner answers Ctrl-C with a line of its own, it ends the program without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    from vision.pipeline.process import exit_with_parent

    exit_with_parent()  # now, since what a stage imports takes seconds
