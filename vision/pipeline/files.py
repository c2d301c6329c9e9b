"""Files that appear whole or not at all, and arrays that are read without running code."""

import os
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from vision.pipeline.errors import UserError

# What NumPy, zipfile and zlib raise for a file that is cut short, altered or of another kind.
DAMAGE = (ValueError, TypeError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


class MissingName(UserError, KeyError):
    """A name that an input file lacks: one line for the user, a KeyError for the code."""

    __str__ = Exception.__str__  # KeyError shows a message in quotes


class CheckedDict(dict[str, Any]):
    """The content of an input file by name; a missing name is an error that names the file."""

    def __init__(self, path: Path, content: dict[str, Any]) -> None:
        super().__init__(content)
        self._path = path

    def __missing__(self, name: str) -> Any:
        raise MissingName(f"{self._path}: holds no {name!r}; {recovery_hint(self._path)}")


def recovery_hint(path: Path) -> str:
    """What to do about a damaged or missing file: git holds metrics and tables, DVC makes the rest again."""
    if path.suffix in (".json", ".csv"):
        return f"restore it with `git checkout {path}`, or make it again with `dvc repro`"
    return "delete it and run `dvc repro`"


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path, which git and DVC ignore, and rename it to `path` when the block succeeds."""
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            reason = error.strerror or error
            raise UserError(f"{path}: cannot be written ({reason}); free disk space or allow writing") from None
        raise


def save_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write named arrays as an uncompressed npz file, byte-identical for identical arrays."""
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read every array of an npz file; a UserError, if it is missing, damaged or holds more than plain arrays."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return CheckedDict(path, dict(arrays))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    except (*DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.filename:
            raise  # it cannot be opened; without a file name, a damaged directory of the zip file pointed outside it
        raise UserError(f"{path}: not a readable npz file ({error}); {recovery_hint(path)}") from None
