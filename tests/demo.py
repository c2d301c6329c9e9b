"""Run `dvc repro` with every stage called in this one process: on so few images, starting processes takes longest.

`make demo` runs it in a scratch copy.
"""

import os
import shlex
import sys
from pathlib import Path
from unittest import mock

import stages  # noqa: F401  a stage's numerics, before anything that computes is imported
from tests.running import call


def main() -> int:
    """Become `dvc repro` in the current folder; return its exit status."""
    import dvc.stage.run
    from dvc.cli import main as dvc_main

    def run(_: object, command: str, **options: object) -> None:
        call(shlex.split(command), Path.cwd())

    os.environ["DVC_NO_ANALYTICS"] = "1"
    with mock.patch.object(dvc.stage.run, "_run", run):
        return dvc_main(["repro"])


if __name__ == "__main__":
    sys.exit(main())
