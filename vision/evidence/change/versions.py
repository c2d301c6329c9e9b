"""Two versions of parameters and results: a revision, and the working tree. Git alone is asked: no remote, no cache."""

import csv
import hashlib
import io
import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from vision.pipeline.errors import UserError
from vision.pipeline.parsing import one_line, parse_yaml

COMPARED = ("params.yaml", "margins.yaml", "dvc.lock", "metrics", "plots")


@dataclass(frozen=True)
class Version:
    """Files as they were, or are.

    Attributes:
        name: what the reader calls this version
        blobs: the git hash of each file's content, by path
        load: a file's content, by path
        commits: commits that hold these files, with the hashes there, best first
    """

    name: str
    blobs: dict[str, str]
    load: Callable[[str], bytes]
    commits: list[tuple[str, dict[str, str]]]

    def commit(self, path: str) -> str | None:
        """The commit that holds this file as it is in this version, if one does."""
        return next((commit for commit, blobs in self.commits if blobs.get(path) == self.blobs[path]), None)

    def yaml(self, path: str) -> dict[str, Any]:
        """The content of a YAML file; nothing if there is no such file."""
        return self._parsed(path, lambda text: parse_yaml(text, path) or {})

    def metrics(self, path: str) -> dict[str, Any]:
        """The content of a JSON file; nothing if there is no such file."""
        return self._parsed(path, json.loads)

    def table(self, path: str) -> list[dict[str, str]] | None:
        """The rows of a CSV file, by column; None if there is no such file.

        Raises:
            UserError: it is empty, cut short, or has a row that does not suit its header
        """
        if path not in self.blobs:
            return None
        rows = list(csv.reader(io.StringIO(self._text(path), newline="")))
        if not rows or any(len(row) != len(rows[0]) for row in rows):
            raise self.damaged(path, "not a table")
        return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]

    def damaged(self, path: str, how: str) -> UserError:
        """What to raise for a file that does not hold what it should."""
        return UserError(f"{path} of {self.name}: {one_line(how)}")

    def _parsed(self, path: str, parse: Callable[[str], Any]) -> dict[str, Any]:
        if path not in self.blobs:
            return {}
        try:
            found = parse(self._text(path))
        except (ValueError, RecursionError, UserError) as error:
            raise self.damaged(path, str(error).removeprefix(f"{path}: ")) from None
        if not isinstance(found, dict):
            raise self.damaged(path, "not a section of key: value")
        return found

    def _text(self, path: str) -> str:
        try:
            return self.load(path).decode("utf-8")
        except UnicodeDecodeError:
            raise self.damaged(path, "not text") from None


def revision(name: str) -> Version:
    """The version at a branch, tag or commit.

    Raises:
        UserError: there is none of that name
    """
    commit = "" if not name or name.startswith("-") else _find(name)
    if not commit:
        raise UserError(f"{name!r} is no revision here; name a branch, tag or commit by BASE=...")
    blobs = _tree(commit)
    return Version(name, blobs, cache(lambda path: _git("cat-file", "blob", blobs[path])), [(commit, blobs)])


def working_tree() -> Version:
    """The version in the working tree, with what is not committed but for what git ignores."""
    paths = {name: Path(name) for name in listed(*COMPARED)}
    blobs = {name: _blob(path.read_bytes()) for name, path in paths.items() if path.is_file() and not path.is_symlink()}
    # The branch's own commit, where HEAD is its merge with the base, as in a pull request's workflow: it lives longer.
    commits = [commit for commit in map(_find, ("HEAD^2", "HEAD")) if commit]
    return Version(
        "here", blobs, lambda path: paths[path].read_bytes(), [(commit, _tree(commit)) for commit in commits]
    )


def listed(*paths: str) -> list[str]:
    """The files at and below these paths in the working tree, committed or not, but for what git ignores."""
    found = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths)
    return [name for name in map(os.fsdecode, found.split(b"\0")) if name]


def missing_commits(name: str) -> int:
    """How many commits a revision has that HEAD has not: what they changed shows as its reverse."""
    return int(_git("rev-list", "--count", f"HEAD..{_find(name)}"))


def value_at(section: Any, *names: str) -> Any:
    """What stands in nested sections under these names; None where nothing does."""
    for name in names:
        section = section.get(name) if isinstance(section, dict) else None
    return section


def origin() -> str:
    """The address that the clone came from, or nothing."""
    try:
        return _git("config", "--get", "remote.origin.url").decode(errors="replace").strip()
    except UserError:
        return ""


def _find(name: str) -> str:
    """The hash of the commit of this name, or nothing."""
    try:
        return _git("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
    except UserError:
        return ""


def _tree(commit: str) -> dict[str, str]:
    """The hash of each file that a commit holds, by path; links and submodules are left out."""
    entries = [entry.split(b"\t", 1) for entry in _git("ls-tree", "-r", "-z", commit, "--", *COMPARED).split(b"\0")]
    files = [(about.split(), path) for about, path in entries[:-1] if about.startswith(b"100")]
    return {os.fsdecode(path): blob.decode() for (_, _, blob), path in files}


def _blob(content: bytes) -> str:
    """What git calls a file of this content (SHA-1, git's default)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _git(*words: str) -> bytes:
    try:
        result = subprocess.run(["git", *words], capture_output=True, check=False)
    except (OSError, ValueError) as error:  # no git; a null character
        raise UserError(f"git {words[0]}: {error}") from None
    if result.returncode:
        reason = one_line(result.stderr.decode(errors="replace")) or "failed"
        raise UserError(f"git {words[0]}: {reason}")
    return result.stdout
