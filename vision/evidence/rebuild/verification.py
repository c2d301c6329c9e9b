"""Rebuild what is committed, from nothing and beside it, and say of each output whether it came out as committed.

It rebuilds HEAD in a scratch folder with a cache of its own, and reads the working tree and its cache, no more. Without
STAGES everything is rebuilt, otherwise these, by their names in dvc.yaml, and what they need.

\b
Of each output it says
  identical         the same bits
  within tolerance  other bits; each metric with a committed 95 % interval lies
                    within it, or all numbers are off by rounding alone
  not judged        other bits, and no interval that judges it: weights, arrays,
                    tables, pictures. It is judged by the metrics beside it
  different         a number outside of its interval; another verdict, name or
                    column; or other bits where what it is made from, what
                    stands beside it and what is made from it kept theirs
  not compared      its stage failed, or nothing of it is committed

\b
Exit status: 0 identical
             3 within tolerance
             1 different: an output, or a commit that contradicts itself, as
               an edited metric or a dvc.lock of other parameters does
             2 could not run, or could not compare every output
Under make, 1 and 3 are shown as `Error 1` and `Error 3`; make's own is then 2.
"""

import platform
import signal
import sys
from importlib.metadata import version
from pathlib import Path

import click
from packaging.requirements import Requirement

from vision.evidence.rebuild.judgement import DIFFERENT, IDENTICAL, TOLERANCE, UNCOMPARED, UNJUDGED, Finding, judge_all
from vision.evidence.rebuild.rebuilding import check_out, check_repository, git, isolate, plan, rebuild, scratch_folder
from vision.evidence.rebuild.records import (
    faults_at_hand,
    faults_of_entries,
    faults_of_inputs,
    faults_within,
    read_record,
)
from vision.pipeline.errors import UserError
from vision.pipeline.numerics import why_not_portable

STATUS = {IDENTICAL: 0, DIFFERENT: 1, UNCOMPARED: 2, TOLERANCE: 3}
PACKAGES = ("torch", "numpy", "scikit-learn", "dvc")


@click.command(help=__doc__)
@click.argument("stages", nargs=-1)
@click.option("--keep", type=click.Path(path_type=Path), help="Rebuild in this new folder, and keep it.")
@click.option("--verbose", is_flag=True, help="List identical outputs too.")
def main(stages: tuple[str, ...], keep: Path | None, verbose: bool) -> None:  # noqa: D103
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    sys.stdout.reconfigure(errors="backslashreplace", line_buffering=True)
    try:
        with scratch_folder(keep) as scratch:
            word = verify(Path.cwd(), scratch, list(stages), verbose)
    except UserError as error:
        sys.exit(_fail(str(error)))
    except OSError as error:
        sys.exit(_fail(f"{error.filename or 'input or output'}: {error.strerror or error}"))
    except KeyboardInterrupt:
        sys.exit(_fail("interrupted; nothing is left of the rebuild" if not keep else "interrupted"))
    sys.exit(STATUS[word])


def _fail(message: str) -> int:
    print(f"error: {message}", file=sys.stderr)
    return STATUS[UNCOMPARED]


def verify(root: Path, scratch: Path, targets: list[str], verbose: bool) -> str:
    """Rebuild, compare and print; return the word for all of it."""
    isolate(scratch)
    check_repository(root)
    check_out(root, scratch)
    commit = git(root, "log", "-1", "--format=%h (%s)")
    record = read_record(scratch / "committed/dvc.lock")
    outputs = plan(scratch / "rebuilt", targets)
    print(f"verifying {commit}: {len(outputs)} stages in {scratch}")
    print(f"here:      {machine()}\ncommitted: {pinned(scratch / 'committed')}")
    errors = rebuild(scratch, targets, len(outputs))
    lock = scratch / "rebuilt/dvc.lock"
    rebuilt = read_record(lock) if lock.exists() else {}
    if not rebuilt and not errors:
        raise UserError(f"DVC could not run: {_last_line(scratch / 'log')}")
    chosen = {name: entry for name, entry in record.items() if name in outputs}
    committed = scratch / "committed"
    faults = [*faults_within(chosen, committed), *faults_at_hand(chosen, root, committed),
              *faults_of_inputs(chosen, rebuilt)]  # fmt: skip
    found = judge_all(outputs, chosen, rebuilt, errors, root, scratch)
    if not faults and {one.word for one in found.values()} <= {IDENTICAL}:
        faults = [*faults_of_entries(chosen if targets else record, rebuilt, everything=not targets)]
    return report(found, faults, commit.split()[0], len(outputs), verbose)


def machine() -> str:
    """This processor and the versions in use."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    why = why_not_portable("cpu")
    bits = f"\n           its bits are its own: {why}" if why else ""
    return f"{_processor()}; {' '.join(platform.libc_ver())}, Python {platform.python_version()}, {versions}{bits}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{names[0] if names else platform.processor() or 'unknown processor'} ({platform.machine()})"


def pinned(committed: Path) -> str:
    """What is known of the run that is committed; which processor made it is not recorded, since no bit may say so."""
    path = committed / "requirements.txt"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    pins = [Requirement(line) for line in lines if "==" in line and not line.startswith("#")]
    here = {pin.name: str(pin.specifier)[2:] for pin in pins if not pin.marker or pin.marker.evaluate()}
    versions = ", ".join(f"{name} {here.get(name, 'of any version')}" for name in PACKAGES)
    return f"processor not recorded; requirements.txt: {versions}"


def _last_line(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
    return next((line for line in lines if line.startswith("ERROR")), (lines or ["it said nothing"])[-1])


def report(found: dict[str, Finding], faults: list[str], commit: str, n_stages: int, verbose: bool) -> str:
    """Print what is not identical, changed verdicts, and one last line; return its first word."""
    words = [one.word for one in found.values()]
    for word in (IDENTICAL,) * verbose + (TOLERANCE, UNJUDGED, UNCOMPARED, DIFFERENT):
        for path, one in found.items():
            if one.word == word:
                print(f"{word}: {path}" + (f"\n    {one.why}" if one.why else ""))
                if one.difference and one.difference.first not in one.why:
                    print(f"    first: {one.difference.first}")
    for path, one in found.items():
        for verdict in one.difference.verdicts if one.difference else ():
            print(f"changed verdict: {path}: {verdict}")
    for fault in faults:
        print(f"{DIFFERENT}: {fault}")
    worst = next((word for word in (DIFFERENT, UNCOMPARED) if word in words), TOLERANCE)
    word = DIFFERENT if faults else IDENTICAL if set(words) <= {IDENTICAL} else worst
    counts = ", ".join(f"{words.count(kind)} {kind}" for kind in dict.fromkeys([IDENTICAL, *words]))
    contradictions = f"; the commit contradicts itself {len(faults)} times" if faults else ""
    print(f"{word}: {commit}, {n_stages} stages, {len(found)} outputs: {counts}{contradictions}")
    return word


if __name__ == "__main__":
    main()
