"""A scratch copy of the repository that runs on scikit-learn's digits: for `make demo` and for the end-to-end tests.

`python tests/scratch.py .demo dvc repro` makes the copy for the demo in .demo and runs the command there.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import IO

import yaml

for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]  # as a git hook sets them: git would work on the repository they name, wherever it is called

ROOT = Path(__file__).parent.parent
SMALL, DEMO = (ROOT / "tests" / f"{name}.yaml" for name in ("digits", "demo"))
MARKER = ".scratch"  # in every folder made here: only such a folder is emptied; git ignores the file


def make_scratch(folder: Path, overrides: dict | None = None, *, complete: bool = False) -> None:
    """Copy what git would commit from here into `folder`, made anew, with the parameters of tests/digits.yaml.

    Args:
        folder: is emptied first, if it was made here; otherwise it must be new or empty
        overrides: further parameters, over those
        complete: with every entry of params.yaml, also what tests/digits.yaml leaves out

    Raises:
        OSError: the folder is not ours to empty, or another process is at work in it
    """
    with claim(folder):
        fill(folder, overrides or {}, complete=complete)


def claim(folder: Path) -> IO[str]:
    """Mark a folder as made here and lock it for as long as the returned file is open."""
    if ROOT.resolve().is_relative_to(folder.resolve()):
        raise PermissionError(f"{folder} is this repository or holds it; name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise PermissionError(f"{folder} is not empty and was not made here; remove it yourself or name another folder")
    lock = (folder / MARKER).open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        raise BlockingIOError(f"{folder} is in use, as by another `make demo`; wait for its end") from None
    return lock


def empty(folder: Path) -> None:
    """Delete all but the marker, so that a folder half deleted is still known as made here."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != MARKER:
            path.unlink()


def fill(folder: Path, overrides: dict, *, complete: bool = False, left_out: tuple[str, ...] = ()) -> None:
    """Make the copy in a claimed folder, without some stages."""
    empty(folder)
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\0")  # fmt: skip
    results = ("metrics/", "plots/", "dvc.lock")
    for name in filter(lambda name: name and (ROOT / name).is_file() and not name.startswith(results), names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    params, small = (yaml.safe_load(path.read_text()) for path in (ROOT / "params.yaml", SMALL))
    if complete:
        small = without_nulls({name: section for name, section in small.items() if name != "compared"})
    for changes in (small, overrides):
        merge(params, changes)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    leave_out(folder / "dvc.yaml", left_out)
    # A repository of its own: DVC would otherwise find the one around it.
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "scratch"]):
        identity = ["-c", "user.name=scratch", "-c", "user.email=scratch@example.org"]
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)


def leave_out(file: Path, names: tuple[str, ...]) -> None:
    """Delete stages from a dvc.yaml, and from the report's dependencies what nobody makes then."""
    if not names:
        return
    pipeline = yaml.safe_load(file.read_text())
    stages = {name: stage for name, stage in pipeline["stages"].items() if name not in names}
    made = [next(iter(out)) for stage in stages.values() for out in stage.get("do", stage).get("plots", [])]
    report = stages["report"]
    report["deps"] = [
        dep
        for dep in report["deps"]
        if not dep.startswith("plots/") or any(f"{path}/".startswith(dep) for path in made)
    ]
    file.write_text(yaml.safe_dump({**pipeline, "stages": stages}, sort_keys=False))


def merge(params: dict, changes: dict) -> None:
    """Put the values of a nested dict over those of another, in place; None takes a section away."""
    for key, value in changes.items():
        if value is None and isinstance(params[key], dict):
            del params[key]
        elif isinstance(value, dict) and key in params:
            merge(params[key], value)
        else:
            params[key] = value


def without_nulls(values: dict) -> dict:
    """The values but for those that leave an entry out."""
    return {
        name: without_nulls(value) if isinstance(value, dict) else value
        for name, value in values.items()
        if value is not None
    }


def main(folder: Path, *command: str) -> None:
    """Make a scratch copy and become the command, which keeps the folder locked until it ends."""
    with claim(folder) as lock:
        demo = yaml.safe_load(DEMO.read_text())
        fill(folder, demo["params"], left_out=tuple(demo["stages"]))
        if command:
            if not shutil.which(command[0]):
                raise FileNotFoundError(f"{command[0]}: no such program")
            os.set_inheritable(lock.fileno(), True)
            os.chdir(folder)
            os.execvp(command[0], command)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: python tests/scratch.py FOLDER [COMMAND ...]")
    try:
        main(Path(sys.argv[1]), *sys.argv[2:])
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
