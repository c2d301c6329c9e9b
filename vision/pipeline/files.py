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


class MissingName(UserError, KeyError):
    """A name that an input file should hold and does not: to the user one line, to the code a key that is not there."""

    __str__ = Exception.__str__  # KeyError shows a message in quotes


class Content(dict[str, Any]):
    """What an input file holds, by name; a name that it does not hold is told with the file."""

    def __init__(self, path: Path, found: dict[str, Any]) -> None:
        super().__init__(found)
        self._path = path

    def __missing__(self, name: str) -> Any:
        raise MissingName(f"{self._path}: holds no {name!r}; {way_back(self._path)}")


def way_back(path: Path) -> str:
    """What to do about a damaged file: git holds metrics and tables, DVC makes the rest anew."""
    if path.suffix in (".json", ".csv"):
        return f"bring it back with `git checkout {path}`, or make it anew with `dvc repro`"
    return "delete it and run `dvc repro`"


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename it to `path` when the block ends well.

    A block that fails leaves nothing behind. A killed process leaves the temporary file, which no stage reads,
    which git ignores, and which the next run overwrites: its name is always the same.

    Raises:
        UserError: the disk is full, or the folder cannot be written
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise UserError(
                f"{path}: cannot be written ({error.strerror or error}); free some space or allow writing"
            ) from None
        raise


def save_arrays(path: Path, **arrays: np.ndarray) -> None:
    """Write named arrays as an uncompressed npz file, byte-identical for identical arrays."""
    with atomic_write(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


# What numpy, zipfile and zlib raise for a file that is cut short, altered or of another kind.
_DAMAGE = (ValueError, TypeError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error)


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read every array of an npz file; object arrays, which would need pickle, are refused.

    Raises:
        UserError: the file is missing, truncated or not an npz file of plain arrays; or, later, an array is asked for
            that it does not hold
    """
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Content(path, dict(arrays))
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; run `dvc repro` to make it") from None
    except (*_DAMAGE, OSError) as error:
        if isinstance(error, OSError) and error.filename:
            raise  # it cannot be opened; without a name, a damaged directory of the zip file led outside the file
        raise UserError(f"{path}: not a readable npz file ({error}); {way_back(path)}") from None
