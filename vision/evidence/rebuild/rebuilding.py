"""Rebuild a commit beside the repository it is from, with nothing of that repository's working tree or cache.

A scratch folder holds `committed`, a checkout that is only read; `rebuilt`, a copy of it without results, in which DVC
runs with a cache of its own; and `log`, what DVC printed.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from vision.pipeline.errors import UserError

RESULTS = ("metrics", "plots", "dvc.lock")
OF_A_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR", "GIT_PREFIX")


def git(folder: Path, *words: str) -> str:
    """Run git, which writes nothing that the command does not ask for, and return what it printed.

    Raises:
        UserError: git is not there, or refuses
    """
    command = ["git", "--no-optional-locks", *words]
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    except FileNotFoundError:
        raise UserError("git is not installed") from None
    if result.returncode:
        raise UserError(f"git {words[0]}: {' '.join(result.stderr.split()) or 'failed'}")
    return result.stdout.strip()


def check_repository(root: Path) -> None:
    """See that `root` is a repository without edits: what is verified is its commit.

    Raises:
        UserError: no repository, nothing committed, or edited files
    """
    if Path(git(root, "rev-parse", "--show-toplevel")).resolve() != root.resolve():
        raise UserError("run from the top of the repository")
    git(root, "rev-parse", "--verify", "HEAD")
    edited = git(root, "status", "--porcelain", "--untracked-files=no").splitlines()
    if edited:
        more = f" and {len(edited) - 1} more" if len(edited) > 1 else ""
        raise UserError(
            f"{edited[0].split(maxsplit=1)[1]}{more} differ from the commit, which is what would be rebuilt; "
            "commit, or put the edits away with `git stash`"
        )
    if not git(root, "ls-tree", "HEAD", "dvc.lock"):
        raise UserError("no dvc.lock is committed: nothing to compare with; run `dvc repro` and commit")


@contextmanager
def scratch_folder(keep: Path | None) -> Iterator[Path]:
    """Give a folder for the rebuild: `keep`, or a temporary one, deleted at the end whatever happens.

    Raises:
        UserError: `keep` is not empty
    """
    temporary = Path(tempfile.mkdtemp(prefix="verify-")).resolve()
    os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)  # for what DVC and killed stages leave
    try:
        if keep and keep.exists() and not (keep.is_dir() and not any(keep.iterdir())):
            raise UserError(f"{keep} is not an empty folder; name a new one")
        if keep:
            keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve() if keep else temporary
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C would leave a part of it
        shutil.rmtree(temporary, ignore_errors=True)


def isolate(scratch: Path) -> None:
    """Set this process's environment, which git and DVC inherit, for work in the scratch folder alone."""
    for name in OF_A_REPOSITORY:  # as a git hook sets them
        os.environ.pop(name, None)
    for name in ("DVC_GLOBAL_CONFIG_DIR", "DVC_SYSTEM_CONFIG_DIR", "DVC_SITE_CACHE_DIR"):
        os.environ[name] = str(scratch / name.lower())  # nobody's settings, nobody's cache
    settings = scratch / "dvc_global_config_dir"
    settings.mkdir(exist_ok=True)
    # Else DVC leaves processes behind that write into the scratch folder while it is deleted.
    (settings / "config").write_text("[core]\n    analytics = false\n    check_update = false\n")
    os.environ.pop("DVC_ROOT", None)
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    mirror = os.environ.get("DATA_MIRROR", "")
    if mirror and "://" not in mirror:
        os.environ["DATA_MIRROR"] = str(Path(mirror).resolve())  # it is named from where the user stands


def check_out(root: Path, scratch: Path) -> None:
    """Fill `committed` and `rebuilt`."""
    committed, rebuilt = scratch / "committed", scratch / "rebuilt"
    source = root.resolve().as_uri()  # as an address: git then copies what this commit needs, and links nothing
    git(scratch, "clone", "--quiet", "--depth", "1", "--no-tags", "--template=", source, str(committed))
    shutil.copytree(committed, rebuilt, symlinks=True)
    for name in RESULTS:  # DVC skips a stage whose recorded outputs are there
        if (rebuilt / name).is_dir():
            shutil.rmtree(rebuilt / name)
        else:
            (rebuilt / name).unlink(missing_ok=True)
    (rebuilt / ".dvc/config.local").write_text(f"[cache]\n    dir = {scratch / 'cache'}\n")


def plan(rebuilt: Path, targets: list[str]) -> dict[str, list[str]]:
    """The outputs of each stage that these need, themselves included, or of all stages.

    Raises:
        UserError: dvc.yaml cannot be read, or knows no such stage
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    file = rebuilt / "dvc.yaml"
    try:
        with Repo(str(rebuilt)) as repo:
            found = [stage for name in targets for stage in repo.stage.collect(f"{file}:{name}", with_deps=True)]
            stages = {stage.addressing: stage for stage in (found if targets else repo.index.stages)}
            outputs = {name: [out.def_path for out in stage.outs] for name, stage in stages.items()}
    except DvcException as error:
        reason = re.sub(r" inside '.*' file", " in dvc.yaml", " ".join(str(error).split()))
        raise UserError(f"{reason}; `dvc stage list` names all stages") from None
    return {name.rpartition(":")[2]: paths for name, paths in outputs.items()}


def rebuild(scratch: Path, targets: list[str], n_stages: int) -> dict[str, str]:
    """Run the stages, each that can run whatever fails beside it, and say which is at work.

    Returns:
        what each stage that failed said, by its name
    """
    errors, started = {}, 0
    command = [sys.executable, "-m", "dvc", "repro", "--keep-going", *targets]
    with (scratch / "log").open("w", encoding="utf-8") as log, _lines(command, scratch / "rebuilt") as lines:
        for line in lines:
            log.write(line)
            if found := re.match(r"Running stage '(.*)':$", line):
                started += 1
                print(f"rebuilding {found[1]} ({started} of {n_stages})", file=sys.stderr, flush=True)
            elif found := re.match(r"error in stage (\S+): (.*)", line):
                errors[found[1]] = found[2]
    return errors


@contextmanager
def _lines(command: list[str], folder: Path) -> Iterator[Iterable[str]]:
    """Give what a command prints, and let nothing that it started outlive the block.

    Its processes are a group of their own: DVC alone, when it is interrupted, waits for its stage.
    """
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=folder, text=True, errors="replace", start_new_session=True, **pipes)
    try:
        yield process.stdout
        process.wait()
    except BaseException:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # what it would leave half done is of no use to anyone
        process.wait()
        raise
