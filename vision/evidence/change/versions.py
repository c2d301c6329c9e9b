"""The results of two versions, each a folder: a revision, from git alone, and the working tree."""

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from dvc.exceptions import DvcException
from dvc.repo import Repo

from vision.pipeline.errors import UserError
from vision.pipeline.parsing import one_line, read_yaml
from vision.scores.estimate import Scores, read_scores


@contextmanager
def revision(name: str) -> Iterator[Path]:
    """The text files of a branch, tag or commit in a temporary folder, which errors name as `main:`."""
    content = io.BytesIO(git("archive", "--format=tar", find_commit(name)))
    with TemporaryDirectory() as folder, tarfile.open(fileobj=content) as archive:
        files = [member for member in archive if member.name.endswith((".csv", ".json", ".yaml", "dvc.lock"))]
        archive.extractall(folder, files, filter="data")
        try:
            yield Path(folder)
        except UserError as error:
            raise UserError(str(error).replace(f"{folder}/", f"{name}:")) from None


@contextmanager
def working_tree() -> Iterator[Repo]:
    """DVC's view of the current folder; what DVC raises becomes a UserError."""
    try:
        with Repo() as repo, repo.lock:
            yield repo
    except DvcException as error:
        raise UserError(one_line(str(error))) from None


def tables(version: Path, pattern: str) -> set[str]:
    """The paths of a version's files that match a pattern."""
    return {str(path.relative_to(version)) for path in version.glob(pattern)}


def scores_of(version: Path, path: str) -> Scores:
    """A table of scores; nothing if there is none."""
    try:
        return read_scores(version / path) if (version / path).is_file() else {}
    except (ValueError, AttributeError) as error:
        raise UserError(f"{version / path}: not a table of scores ({one_line(str(error))})") from None


def locked(version: Path) -> dict[str, str]:
    """The md5 of each output and dependency that dvc.lock records, by path; nothing if there is no dvc.lock."""
    path = version / "dvc.lock"
    try:
        stages = (read_yaml(path)["stages"] or {}).values() if path.is_file() else []
        files = [file for kind in ("deps", "outs") for stage in stages for file in stage.get(kind, [])]
        return {file["path"]: file["md5"] for file in files}
    except (AttributeError, KeyError, TypeError):
        raise UserError(f"{path}: not a lock file of DVC") from None


def find_commit(name: str) -> str:
    """The hash of the commit of this name; UserError if there is none."""
    try:
        return git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}").decode().strip()
    except UserError:
        raise UserError(f"{name!r} is no revision here; name a branch, tag or commit by BASE=...") from None


def listed(*words: str) -> list[str]:
    """The files that a git command lists, separated by null characters."""
    return [os.fsdecode(name) for name in git(words[0], "-z", *words[1:]).split(b"\0") if name]


def git(*words: str) -> bytes:
    """What git prints; UserError if it fails."""
    try:
        return subprocess.run(["git", "--no-optional-locks", *words], capture_output=True, check=True).stdout
    except subprocess.CalledProcessError as error:
        raise UserError(f"git {words[0]}: {one_line(error.stderr.decode(errors='replace'))}") from None
    except (OSError, ValueError) as error:  # no git; a null character
        raise UserError(f"git {words[0]}: {error}") from None
