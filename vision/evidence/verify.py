"""Rebuild a commit from nothing in a clone of its own, and compare every output with the committed one.

Without STAGES everything is rebuilt, otherwise these stages of dvc.yaml and what they need. The clone has its own
cache, so that no committed or cached result is taken for a new one.

\b
Of each output it says
  identical         the same bits
  within tolerance  other bits; every number of its scores.csv lies within the
                    committed 95 % interval or differs by rounding alone
  not judged        other bits and no interval, as of weights and figures; the
                    scores made from it judge it
  different         a number outside its interval, another verdict, name or
                    column; or other bits although its inputs, the stage's other
                    outputs and what is made from it are identical
  not compared      its stage failed, or the commit does not hold it

\b
Exit status: 0 identical
             3 within tolerance
             1 different, or the commit contradicts itself, as an edited file
               or a dvc.lock of other parameters does
             2 could not run, or could not compare every output
Under make, 1 and 3 are shown as `Error 1` and `Error 3`; make's own is then 2.
"""

import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import chdir, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pandas as pd

from vision.evidence.change.integrity import check_integrity, overlaps
from vision.evidence.change.versions import git, listed, locked, working_tree
from vision.pipeline.errors import UserError
from vision.pipeline.parsing import one_line

IDENTICAL, TOLERANCE, UNJUDGED = "identical", "within tolerance", "not judged"
DIFFERENT, UNCOMPARED = "different", "not compared"
STATUS = {IDENTICAL: 0, DIFFERENT: 1, UNCOMPARED: 2, TOLERANCE: 3}
ROUNDING = 1e-6  # relative; float32 has 7 digits
COUNTS = re.compile(r"(train|valid|test)\.images|parameters")  # numbers of the input, without chance
RESULTS = ("metrics", "plots", "dvc.lock")


class Finding(NamedTuple):
    """The verdict on one output, the reason, and how many of its numbers have an interval."""

    word: str
    reason: str = ""
    judged: int = 0


class Planned(NamedTuple):
    """A stage that is to run, with the paths of its dependencies and outputs."""

    name: str
    deps: list[str]
    outs: list[str]


@click.command(help=__doc__)
@click.argument("stages", nargs=-1)
@click.option("--keep", type=click.Path(path_type=Path), help="Rebuild in this new folder, and keep it.")
def main(stages: tuple[str, ...], keep: Path | None) -> None:  # noqa: D103
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        if keep and keep.exists():
            raise UserError(f"{keep} exists; name a new folder")
        if keep:
            keep.mkdir(parents=True)
        with nullcontext(keep) if keep else tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            word = verify(Path(folder).resolve() / "rebuilt", list(stages))
    except (UserError, OSError, KeyboardInterrupt) as error:
        print(f"error: {one_line(str(error)) or 'interrupted'}", file=sys.stderr)
        sys.exit(STATUS[UNCOMPARED])
    sys.exit(STATUS[word])


def verify(clone: Path, targets: list[str]) -> str:
    """Rebuild the commit that is checked out here in `clone`, print what differs, and return the verdict on all."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]  # as a hook sets them: git would work on another repository
    if edited := listed("status", "--porcelain", "--untracked-files=no"):
        raise UserError(f"{edited[0][3:]} differs from the commit; commit it or `git stash`")
    git("clone", "--quiet", "--shared", ".", str(clone))
    with chdir(clone):
        committed = locked(Path())
        if not committed:
            raise UserError("dvc.lock records no output; run `dvc repro` and commit")
        with working_tree() as repo:
            integrity = check_integrity(repo)
            stages = [stage for target in targets or [None] for stage in repo.stage.collect(target, with_deps=True)]
        planned = [Planned(stage.name, [*map(str, stage.deps)], [*map(str, stage.outs)]) for stage in stages]
        commit = git("log", "-1", "--format=%h (%s)").decode().strip()
        print(f"verifying {commit}: {len(planned)} stages in {clone}", flush=True)
        for name in RESULTS:
            shutil.rmtree(name, ignore_errors=True)
            Path(name).unlink(missing_ok=True)
        errors = rebuild(clone, targets, len(planned))
        found = compare(planned, committed, locked(Path()), errors)
        found |= {path: Finding(DIFFERENT, "nothing related to it differs") for path in lone(found, planned)}
    faults = [f"{path}: {how}" for path, how in integrity.inconsistent.items()]
    return report(found, faults + [f"dvc.lock: results of another {name}" for name in integrity.outdated])


def rebuild(clone: Path, targets: list[str], n_stages: int) -> dict[str, str]:
    """Run the stages with a cache of their own; return what each failed stage said."""
    settings = dict.fromkeys(("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR"), str(clone.parent))
    process = subprocess.Popen(
        [sys.executable, "-m", "dvc", "repro", "--keep-going", *targets], cwd=clone,
        env=os.environ | settings | {"DVC_NO_ANALYTICS": "1"}, text=True, errors="replace", start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    errors, started = {}, 0
    try:
        with (clone.parent / "log").open("w", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(line)
                if begun := re.match(r"Running stage '(.*)':$", line):
                    started += 1
                    print(f"rebuilding {begun[1]} ({started} of {n_stages})", file=sys.stderr, flush=True)
                elif failed := re.match(r"error in stage (\S+): (.*)", line):
                    errors[failed[1]] = failed[2]
        process.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # an interrupted DVC waits for its stage
    return errors


def compare(
    planned: list[Planned], committed: dict[str, str], rebuilt: dict[str, str], errors: dict[str, str]
) -> dict[str, Finding]:
    """The finding on each output by path, from the checksums of both versions."""
    found = {}
    for name, path in [(stage.name, path) for stage in planned for path in stage.outs]:
        if path not in rebuilt:
            found[path] = Finding(UNCOMPARED, f"{name}: {errors.get(name, 'did not run')}")
        elif path not in committed:
            found[path] = Finding(UNCOMPARED, "not committed")
        else:
            found[path] = Finding(IDENTICAL) if committed[path] == rebuilt[path] else compare_output(path)
    return found


def lone(found: dict[str, Finding], planned: list[Planned]) -> list[str]:
    """Outputs that differ although the stage's inputs and other outputs and what is made from them do not: edits.

    Another processor's rounding shows in all of these.
    """
    alone = []
    for stage, path in ((one, path) for one in planned for path in one.outs):
        made = [out for reader in planned if any(overlaps(dep, path) for dep in reader.deps) for out in reader.outs]
        related = [*stage.deps, *stage.outs, *made]
        others = [other for other in found.keys() - {path} if any(overlaps(name, other) for name in related)]
        if found[path].word in (TOLERANCE, UNJUDGED) and all(found[other].word == IDENTICAL for other in others):
            alone.append(path)
    return alone


def compare_output(path: str) -> Finding:
    """Compare an output whose bits differ, file by file where git holds it."""
    findings = [compare_file(name) for name in listed("diff", "--name-only", "HEAD", "--", path)]
    order = (UNJUDGED, TOLERANCE, DIFFERENT)
    worst = max(findings, key=lambda one: order.index(one.word), default=Finding(UNJUDGED))
    return worst._replace(judged=sum(one.judged for one in findings))


def compare_file(name: str) -> Finding:
    """Compare a committed file with the rebuilt one."""
    if not Path(name).is_file():
        return Finding(DIFFERENT, f"{name} was not made")
    if not name.endswith(".csv"):
        return Finding(UNJUDGED, name)
    try:
        before, after = pd.read_csv(io.BytesIO(git("show", f"HEAD:{name}"))), pd.read_csv(name)
    except ValueError as error:
        return Finding(DIFFERENT, f"{name} cannot be read ({error})")
    if list(before) != list(after):
        return Finding(DIFFERENT, f"{name}: other columns")
    if Path(name).name == "scores.csv":
        return compare_scores(name, before.set_index("name"), after.set_index("name"))
    if "verdict" in before:
        old, new = (table.set_index("id").verdict for table in (before, after))
        pairs = {claim: (old.get(claim), new.get(claim)) for claim in old.index.union(new.index)}
        if changed := [f"{claim} {was}, now {now}" for claim, (was, now) in pairs.items() if was != now]:
            return Finding(DIFFERENT, f"{name}: changed verdicts: {'; '.join(changed)}")
    return Finding(UNJUDGED, name)


def compare_scores(name: str, before: pd.DataFrame, after: pd.DataFrame) -> Finding:
    """Compare each number of a scores.csv with its committed interval."""
    if list(before.index) != list(after.index):
        return Finding(DIFFERENT, f"{name}: other names")
    judged = before.low < before.high
    inside = judged & (before.low <= after.value) & (after.value <= before.high)
    close = np.isclose(after.value, before.value, rtol=ROUNDING, atol=0, equal_nan=True)
    counted = before.index.to_series().str.fullmatch(COUNTS)
    outside = ~close & ((judged & ~inside) | counted)
    if outside.any():
        row = outside.idxmax()
        return Finding(DIFFERENT, f"{name}: {row}: {before.value[row]:.9g} committed, {after.value[row]:.9g} new")
    return Finding(TOLERANCE if close.all() or judged.any() else UNJUDGED, name, int(judged.sum()))


def report(found: dict[str, Finding], faults: list[str]) -> str:
    """Print what is not identical and one last line; return the verdict on all."""
    for path, one in found.items():
        if one.word != IDENTICAL:
            print(f"{one.word}: {path}" + (f"\n    {one.reason}" if one.reason else ""))
    for fault in faults:
        print(f"{DIFFERENT}: {fault}")
    words = [one.word for one in found.values()]
    order = [word for word in (IDENTICAL, TOLERANCE, UNJUDGED, DIFFERENT, UNCOMPARED) if word in words]
    if faults or DIFFERENT in words:
        verdict = DIFFERENT
    elif UNCOMPARED in words or (UNJUDGED in words and not any(one.judged for one in found.values())):
        verdict = UNCOMPARED
    else:
        verdict = IDENTICAL if order == [IDENTICAL] else TOLERANCE
    print(f"{verdict}: {len(found)} outputs: " + ", ".join(f"{words.count(word)} {word}" for word in order))
    return verdict


if __name__ == "__main__":
    main()
