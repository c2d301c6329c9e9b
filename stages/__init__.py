"""One script per kind of stage, run as `python -m stages.<name>`; this file sets the process up before its imports."""

import os
import signal
import sys
from pathlib import Path

from vision.pipeline.numerics import choose_numerics, drop_tunables

as_program = sys.argv[0] == "-m"
if as_program:
    drop_tunables()
choose_numerics(Path("params.yaml"))
# Threads that spin while they wait for each other slow everything down as soon as another program needs a core.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
os.environ.setdefault("PYTHONWARNINGS", "ignore:resource_tracker:UserWarning")  # it cleans up after a failed stage

if as_program:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # no traceback on Ctrl-C; the stage runner then answers with a line

    from vision.pipeline.process import die_with_parent

    die_with_parent()  # now, since the imports of a stage take seconds
