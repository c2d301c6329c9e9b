"""`make portability`: does the pipeline on digits give the same bits on one core and on emulated processors?

QEMU must be 10 or newer: 7.2 computes AVX2's gather wrongly.
"""

import collections
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from tests.repositories import TINY, sums
from tests.scratch import make_scratch

EMULATOR, OLDEST = "qemu-x86_64", 10
PROCESSORS = ("Haswell", "Skylake-Client", "EPYC-Rome")
ATTEMPTS = 20  # QEMU sometimes ends with a segmentation fault; DVC then continues where it stopped
FOLDER = Path(".portability")
# With classifiers that the demo leaves out, so that each kind of computation is compared.
CLASSIFIERS = {"logistic_regression": {"inverse_penalty": 0.1, "iterations": 200}, "random_forest": {"trees": 20}}
SMALL = TINY | {
    "threads": 2,
    "classifiers": {
        name: {"role": "handwriting", "inputs": "handwriting", "estimator": name, "hyper": hyper}
        for name, hyper in CLASSIFIERS.items()
    },
}
ONE_CORE, VERDICTS = "one-core", ("same", "DIFFERENT", "not made")


def why_not() -> str | None:
    """Why no processor can be emulated here; None where one can."""
    if not (emulator := shutil.which(EMULATOR)):
        return f"{EMULATOR} is not installed; Debian has it in the package qemu-user (12 in its backports)"
    version = subprocess.run([emulator, "--version"], capture_output=True, text=True).stdout
    number = re.search(r"version (\d+)", version)
    return None if number and int(number[1]) >= OLDEST else f"{EMULATOR} should be of version {OLDEST} or newer"


def make_emulated(folder: Path, processor: str) -> Path:
    """Make a virtual environment whose python, and what that starts, runs on such a processor; return its bin/."""
    programs = folder / "bin"
    programs.mkdir(parents=True)
    shutil.copy(Path(sys.prefix, "pyvenv.cfg"), folder)
    (folder / "lib").symlink_to(Path(sys.prefix, "lib"))
    python, real = programs / "python", Path(sys.executable).resolve()
    emulated = f'{EMULATOR} -cpu {processor} -0 "{python.resolve()}" "{real}"'
    command = f'taskset -c 0 "{sys.executable}"' if processor == ONE_CORE else emulated
    python.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
    python.chmod(0o755)
    return programs


def run_pipeline(folder: Path, programs: Path, stages: tuple[str, ...], stop: float) -> str:
    """Run stages in a scratch copy with the python of `programs`, until the time `stop`; return what happened."""
    environment = os.environ | {"PATH": f"{programs.resolve()}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"PYTHONPATH": str(folder.resolve()), "PYTHONHASHSEED": "0"}  # DVC orders several stages by hashes
    log, start = folder / "portability.log", time.time()
    for _ in range(ATTEMPTS):
        with log.open("a") as output, subprocess.Popen(
            [sys.executable, "-m", "dvc", "repro", *stages], cwd=folder, env=environment, stdout=output, stderr=output
        ) as process:  # fmt: skip
            try:
                if not process.wait(max(1, stop - time.time())):
                    return f"{time.time() - start:.0f} s"
            except subprocess.TimeoutExpired:
                process.kill()  # its stage ends with it
                return "stopped at the time limit"
    return f"failed {ATTEMPTS} times: see {log}"


def differences(mine: dict[str, str], theirs: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Every file of the first run and its verdict: same, DIFFERENT or not made."""
    for name, checksum in mine.items():
        yield name, "not made" if name not in theirs else "same" if theirs[name] == checksum else "DIFFERENT"


@click.command()
@click.option("--processor", "processors", multiple=True, default=PROCESSORS, show_default=True)
@click.option("--minutes", default=60, show_default=True, help="Time limit; then the files so far are compared.")
@click.argument("stages", nargs=-1)
def main(processors: tuple[str, ...], minutes: int, stages: tuple[str, ...]) -> None:
    """Run the pipeline, or STAGES, here and on emulated processors, and compare bits: 0 all same, 1 not, 2 not run."""
    if reason := why_not():
        print(f"error: {reason}", file=sys.stderr)
        sys.exit(2)
    shutil.rmtree(FOLDER / "emulated", ignore_errors=True)
    stop, here = time.time() + 60 * minutes, Path(sys.executable).parent
    processors = (ONE_CORE, *processors)
    for name in ("native", *processors):
        make_scratch(FOLDER / name, SMALL)
    print(f"native: {run_pipeline(FOLDER / 'native', here, stages, stop)}", flush=True)

    def emulate(processor: str) -> str:
        return run_pipeline(FOLDER / processor, make_emulated(FOLDER / "emulated" / processor, processor), stages, stop)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for processor, went in zip(processors, pool.map(emulate, processors), strict=True):
            print(f"{processor}: {went}", flush=True)
    sys.exit(_report(processors))


def _report(processors: tuple[str, ...]) -> int:
    native, different = sums(FOLDER / "native"), False
    for processor in processors:
        verdicts = dict(differences(native, sums(FOLDER / processor)))
        counts = collections.Counter(verdicts.values())
        different |= set(counts) != {"same"}
        print(f"\n{processor}: {', '.join(f'{verdict} {counts[verdict]}' for verdict in VERDICTS)}")
        for name, verdict in verdicts.items():
            if verdict != "same":
                print(f"  {verdict}: {name}")
    return int(different)


if __name__ == "__main__":
    main()
