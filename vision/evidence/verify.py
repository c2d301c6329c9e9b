"""Rebuild a commit from nothing in a clone beside it, and compare every output with the committed one.

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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
import yaml

from vision.pipeline.errors import UserError

IDENTICAL, TOLERANCE, UNJUDGED = "identical", "within tolerance", "not judged"
DIFFERENT, UNCOMPARED = "different", "not compared"
STATUS = {IDENTICAL: 0, DIFFERENT: 1, UNCOMPARED: 2, TOLERANCE: 3}
ROUNDING = 1e-6  # relative; float32 has 7 digits
COUNTS = re.compile(r"(train|valid|test)\.images|parameters")  # of what is given: chance has no part in them
RESULTS = ("metrics", "plots", "dvc.lock")


class Finding(NamedTuple):
    """The verdict on one output, the reason, and how many of its numbers have an interval."""

    word: str
    reason: str = ""
    judged: int = 0


@click.command(help=__doc__)
@click.argument("stages", nargs=-1)
@click.option("--keep", type=click.Path(path_type=Path), help="Rebuild in this new folder, and keep it.")
def main(stages: tuple[str, ...], keep: Path | None) -> None:  # noqa: D103
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    try:
        with scratch_folder(keep) as scratch:
            word = verify(Path.cwd(), scratch / "rebuilt", list(stages))
    except (UserError, OSError) as error:
        print(f"error: {' '.join(str(error).split())}", file=sys.stderr)
        sys.exit(STATUS[UNCOMPARED])
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        sys.exit(STATUS[UNCOMPARED])
    sys.exit(STATUS[word])


@contextmanager
def scratch_folder(keep: Path | None) -> Iterator[Path]:
    """A new folder, deleted at the end unless the user named it."""
    if keep is None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            yield Path(folder).resolve()
        return
    if keep.exists():
        raise UserError(f"{keep} exists; name a new folder")
    keep.mkdir(parents=True)
    yield keep.resolve()


def verify(root: Path, clone: Path, targets: list[str]) -> str:
    """Rebuild the commit of `root` in `clone`, print what differs, and return the verdict on all of it."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        del os.environ[name]  # as a hook sets them: git would work on another repository
    if edited := git(root, "status", "--porcelain", "--untracked-files=no").splitlines():
        raise UserError(f"{edited[0].split(maxsplit=1)[1]} differs from the commit; commit it or `git stash`")
    git(root.parent, "clone", "--quiet", "--shared", str(root), str(clone))
    committed = read_lock(clone / "dvc.lock")
    faults = [
        f"{path}: not the file that dvc.lock records"
        for path in edited_outputs(clone, committed)
        if path in outs(committed)
    ]
    planned = plan(clone, targets)
    print(f"verifying {git(root, 'log', '-1', '--format=%h (%s)')}: {len(planned)} stages in {clone}", flush=True)
    for name in RESULTS:
        shutil.rmtree(clone / name, ignore_errors=True)
        (clone / name).unlink(missing_ok=True)
    errors = rebuild(clone, targets, len(planned))
    rebuilt = read_lock(clone / "dvc.lock")
    faults += stale_entries({name: committed[name] for name in committed.keys() & rebuilt.keys()}, rebuilt)
    return report(compare(clone, planned, committed, rebuilt, errors), faults)


def git(folder: Path, *words: str) -> str:
    """Run git and return its output.

    Raises:
        UserError: git refuses
    """
    words = ("git", "--no-optional-locks", *words)
    result = subprocess.run(words, cwd=folder, capture_output=True, text=True, errors="replace")
    if result.returncode:
        raise UserError(f"git {words[2]}: {' '.join(result.stderr.split()) or 'failed'}")
    return result.stdout.strip()


Lock = dict[str, dict]  # the entries of a dvc.lock by stage


def read_lock(path: Path) -> Lock:
    """The stages of a dvc.lock.

    Raises:
        UserError: there is none, or it is damaged
    """
    try:
        stages = yaml.safe_load(path.read_text())["stages"]
        return {name: {"deps": [], "outs": [], "params": {}, **entry} for name, entry in stages.items()}
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path.name} cannot be read ({type(error).__name__}); run `dvc repro` and commit") from None


def outs(lock: Lock) -> dict[str, str]:
    """The checksum of every output by path."""
    return {out["path"]: out["md5"] for entry in lock.values() for out in entry["outs"]}


def edited_outputs(clone: Path, lock: Lock) -> Iterator[str]:
    """Outputs in git whose content is not what dvc.lock records."""
    from dvc.repo import Repo

    with Repo(str(clone)) as repo:
        for out in repo.index.outs:
            if out.exists and out.def_path in outs(lock) and out.get_hash().value != outs(lock)[out.def_path]:
                yield out.def_path


def plan(clone: Path, targets: list[str]) -> dict[str, list[str]]:
    """The outputs of each stage that is to run.

    Raises:
        UserError: a target is no stage
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    try:
        with Repo(str(clone)) as repo:
            stages = [one for target in targets or [None] for one in repo.stage.collect(target, with_deps=True)]
    except DvcException as error:
        raise UserError(f"{error}; `dvc stage list` names all stages") from None
    return {stage.addressing.rpartition(":")[2]: [out.def_path for out in stage.outs] for stage in stages}


def rebuild(clone: Path, targets: list[str], n_stages: int) -> dict[str, str]:
    """Run the stages with a cache of their own; return what each failed stage said."""
    settings = {"DVC_GLOBAL_CONFIG_DIR": str(clone.parent), "DVC_SYSTEM_CONFIG_DIR": str(clone.parent)}
    settings |= {"DVC_NO_ANALYTICS": "1"}
    command = [sys.executable, "-m", "dvc", "repro", "--keep-going", *targets]
    process = subprocess.Popen(
        command, cwd=clone, env=os.environ | settings, text=True, errors="replace", start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    errors, started = {}, 0
    try:
        with (clone.parent / "log").open("w", encoding="utf-8") as log:
            for line in process.stdout:
                log.write(line)
                if found := re.match(r"Running stage '(.*)':$", line):
                    started += 1
                    print(f"rebuilding {found[1]} ({started} of {n_stages})", file=sys.stderr, flush=True)
                elif found := re.match(r"error in stage (\S+): (.*)", line):
                    errors[found[1]] = found[2]
        process.wait()
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # an interrupted DVC waits for its stage
    return errors


def stale_entries(committed: Lock, rebuilt: Lock) -> Iterator[str]:
    """Where dvc.lock was made with other commands, parameters or code than the commit has."""
    made = tuple(outs(rebuilt))
    for name, old in committed.items():
        new = rebuilt[name]
        if old["cmd"] != new["cmd"]:
            yield f"dvc.lock: {name} ran another command"
        values = [entry["params"].get("params.yaml", {}) for entry in (old, new)]
        for key in sorted(values[0].keys() | values[1].keys()):
            if values[0].get(key) != values[1].get(key):
                yield f"dvc.lock: {name} ran with {key} {values[0].get(key)!r}, which is {values[1].get(key)!r} now"
        hashes = [{dep["path"]: dep["md5"] for dep in entry["deps"]} for entry in (old, new)]
        for path in sorted(path for path in hashes[1] if not path.startswith(made)):
            if hashes[0].get(path) != hashes[1][path]:
                yield f"dvc.lock: {name} ran with another {path}"


def compare(
    clone: Path, planned: dict[str, list[str]], committed: Lock, rebuilt: Lock, errors: dict[str, str]
) -> dict[str, Finding]:
    """The finding on each output by path."""
    before, after = outs(committed), outs(rebuilt)
    found = {}
    for stage, paths in planned.items():
        for path in paths:
            if path not in after:
                found[path] = Finding(UNCOMPARED, f"{stage}: {errors.get(stage, 'did not run')}")
            elif path not in before:
                found[path] = Finding(UNCOMPARED, "not committed")
            else:
                found[path] = Finding(IDENTICAL) if before[path] == after[path] else compare_output(clone, path)
    return found | {path: Finding(DIFFERENT, "nothing related to it differs") for path in lone(found, rebuilt)}


def lone(found: dict[str, Finding], rebuilt: Lock) -> Iterator[str]:
    """Outputs that differ although the stage's inputs and other outputs and what is made from them do not: edits.

    Another processor's rounding shows in all of these.
    """

    def same(paths: list[str]) -> bool:
        related = [one for path in paths for other, one in found.items() if f"{path}/".startswith(f"{other}/")]
        return all(one.word == IDENTICAL for one in related)

    for entry in rebuilt.values():
        written = [out["path"] for out in entry["outs"]]
        for path in written:
            if found.get(path, Finding(IDENTICAL)).word in (TOLERANCE, UNJUDGED):
                readers = [
                    one
                    for one in rebuilt.values()
                    if any(f"{dep['path']}/".startswith(f"{path}/") for dep in one["deps"])
                ]
                made = [out["path"] for one in readers for out in one["outs"]]
                if same([dep["path"] for dep in entry["deps"]] + [p for p in written if p != path] + made):
                    yield path


def compare_output(clone: Path, path: str) -> Finding:
    """Compare an output whose bits differ, file by file where git holds it."""
    changed = git(clone, "diff", "--name-only", "HEAD", "--", path).splitlines()
    findings = [compare_file(name, committed_bytes(clone, name), clone / name) for name in changed]
    worst = next((word for word in (DIFFERENT, TOLERANCE) if any(one.word == word for one in findings)), UNJUDGED)
    chosen = next((one for one in findings if one.word == worst), Finding(UNJUDGED))
    return chosen._replace(judged=sum(one.judged for one in findings))


def committed_bytes(clone: Path, name: str) -> bytes:
    """A file as it is committed."""
    return subprocess.run(["git", "show", f"HEAD:{name}"], cwd=clone, check=True, capture_output=True).stdout


def compare_file(name: str, old: bytes, path: Path) -> Finding:
    """Compare a committed file with the rebuilt one."""
    if not path.is_file():
        return Finding(DIFFERENT, f"{name} was not made")
    if path.suffix != ".csv":
        return Finding(UNJUDGED, name)
    try:
        before, after = pd.read_csv(io.BytesIO(old)), pd.read_csv(path)
    except ValueError as error:
        return Finding(DIFFERENT, f"{name} cannot be read ({error})")
    if list(before) != list(after):
        return Finding(DIFFERENT, f"{name}: other columns")
    if path.name == "scores.csv":
        return compare_scores(name, before.set_index("name"), after.set_index("name"))
    if "verdict" in before and (before[["id", "verdict"]].to_numpy() != after[["id", "verdict"]].to_numpy()).any():
        pairs = zip(before.id, before.verdict, after.verdict, strict=True)
        texts = [f"{claim} {was}, now {now}" for claim, was, now in pairs if was != now]
        return Finding(DIFFERENT, f"{name}: changed verdicts: {'; '.join(texts) or 'other claims'}")
    return Finding(UNJUDGED, name)


def compare_scores(name: str, before: pd.DataFrame, after: pd.DataFrame) -> Finding:
    """Hold each number of a scores.csv against its committed interval."""
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
    counts = ", ".join(
        f"{words.count(word)} {word}"
        for word in (IDENTICAL, TOLERANCE, UNJUDGED, DIFFERENT, UNCOMPARED)
        if word in words
    )
    if faults or DIFFERENT in words:
        verdict = DIFFERENT
    elif UNCOMPARED in words or (UNJUDGED in words and not any(one.judged for one in found.values())):
        verdict = UNCOMPARED
    else:
        verdict = IDENTICAL if set(words) <= {IDENTICAL} else TOLERANCE
    print(f"{verdict}: {len(found)} outputs: {counts}")
    return verdict


if __name__ == "__main__":
    main()
