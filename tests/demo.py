"""Run `dvc repro` with every stage called in this one process: on so few images, starting processes takes longest.

`make demo` runs it in a scratch copy.
"""

import os
import sys
from pathlib import Path

import stages  # noqa: F401  a stage's numerics, before anything that computes is imported
from tests.running import stages_in_process

if __name__ == "__main__":
    from dvc.cli import main

    os.environ["DVC_NO_ANALYTICS"] = "1"
    with stages_in_process(Path.cwd()):
        sys.exit(main(["repro"]))
