"""Whether results were made with what is here: parameters, code and other files in git, by what dvc.lock records."""

import hashlib
import json
import os
from pathlib import Path

from vision.evidence.change.locks import Lock
from vision.evidence.change.versions import Version, listed, value_at


def outdated_parameters(version: Version, lock: Lock) -> list[str]:
    """Parameters that have another value than the stages of dvc.lock ran with: the results are not of these."""
    params = version.yaml("params.yaml")
    # dvc.lock may still hold stages of entries that are gone.
    found = {name for name, value in lock.params if value_at(params, *name.split(".")) not in (None, value)}
    return sorted(found)


def outdated_files(lock: Lock) -> list[str]:
    """Files and folders in git that are no longer what the stages of dvc.lock ran with, in the working tree."""
    return sorted({path for path, md5 in lock.inputs if (found := tree_hash(path)) and found != md5})


def tree_hash(path: str) -> str | None:
    """What DVC 3 calls the content of a file or folder of the working tree; None if git knows nothing there.

    Of a folder it is the hash of the list of its files, as JSON.
    """
    names = [name for name in listed(path) if Path(name).is_file()]
    if names == [path]:
        return _md5(Path(path).read_bytes())
    entries = [
        {"md5": _md5(Path(name).read_bytes()), "relpath": os.path.relpath(name, path)}
        for name in sorted(names, key=lambda name: name.split("/"))
    ]
    return f"{_md5(json.dumps(entries, sort_keys=True).encode())}.dir" if entries else None


def _md5(content: bytes) -> str:
    return hashlib.md5(content).hexdigest()
