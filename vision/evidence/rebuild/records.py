"""What dvc.lock records, held against the commit that it is part of, and against the dvc.lock of a rebuild."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from vision.evidence.recorded import Entry, entries
from vision.pipeline.errors import UserError
from vision.pipeline.parsing import read_yaml

CACHE = ".dvc/cache/files/md5"


def read_record(path: Path) -> dict[str, Entry]:
    """Read a dvc.lock by stages.

    Raises:
        UserError: it is no lock file of DVC
    """
    try:
        return entries(read_yaml(path))
    except (UserError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"the committed dvc.lock cannot be read ({type(error).__name__}: {error})") from None


def faults_within(record: dict[str, Entry], committed: Path) -> Iterator[str]:
    """Where the commit contradicts itself: its files, and two lines of its dvc.lock on one file.

    Args:
        committed: the folder of its checkout
    """
    written = {path: md5 for entry in record.values() for path, md5 in entry.outs.items()}
    for path, md5 in written.items():
        if (committed / path).is_file() and checksum(committed / path) != md5:
            yield f"{path}: the committed file is not the one that dvc.lock records"
    for name, entry in record.items():
        for path in sorted(entry.deps.keys() & written):
            if entry.deps[path] != written[path]:
                yield f"dvc.lock: {path} is not the same file where it was written and where {name} read it"


def faults_at_hand(record: dict[str, Entry], root: Path, committed: Path) -> Iterator[str]:
    """Files of DVC's cache, or of the working tree beside it, that are not what they are recorded as."""
    for path, md5 in {path: md5 for entry in record.values() for path, md5 in entry.outs.items()}.items():
        if (root / path).is_file() and not (committed / path).exists() and checksum(root / path) != md5:
            yield f"{path}: the file in the working tree is not the one that dvc.lock records"
        if (kept := cached(root, md5)).is_file() and checksum(kept) != md5:
            yield f"{path}: the file in DVC's cache is damaged"


def faults_of_inputs(record: dict[str, Entry], rebuilt: dict[str, Entry]) -> list[str]:
    """Where the committed dvc.lock was made with other parameters, commands or code than the commit has."""
    results = {path for entry in rebuilt.values() for path in entry.outs}
    found: dict[str, list[str]] = {}
    for name in record.keys() & rebuilt.keys():
        old, new = record[name], rebuilt[name]
        changes = [f"{key} was {old.params.get(key)!r} and is {value!r}" for key, value in new.params.items()
                   if old.params.get(key) != value]  # fmt: skip
        changes += [f"{path} was another" for path, md5 in new.deps.items()
                    if old.deps.get(path) != md5 and not any(overlap(path, result) for result in results)]  # fmt: skip
        changes += [
            f"{key} is no longer read" for key in (old.params | old.deps).keys() - (new.params | new.deps).keys()
        ]
        changes += ["the command was another"] if old.command != new.command else []
        for change in changes:
            found.setdefault(change, []).append(name)
    return [f"dvc.lock is not of this commit: {change} ({_stages(names)})" for change, names in sorted(found.items())]


def faults_of_entries(record: dict[str, Entry], rebuilt: dict[str, Entry], *, everything: bool) -> Iterator[str]:
    """Where the two differ although every output is the same: then `dvc repro` would rewrite the committed dvc.lock.

    Args:
        everything: whether all stages were rebuilt, so that any other entry is of a stage that is no more
    """
    for name in sorted(rebuilt.keys() - record.keys()):
        yield f"dvc.lock: no entry of the stage {name}"
    for name in sorted(record.keys() - rebuilt.keys()) if everything else ():
        yield f"dvc.lock: an entry of {name}, which is no stage of dvc.yaml"
    for name in sorted(record.keys() & rebuilt.keys()):
        if record[name] != rebuilt[name]:
            yield f"dvc.lock: the entry of {name} is another than that of a rebuild to the same outputs"


def at_hand(path: str, md5: str, *folders: Path) -> Path | None:
    """A file with these bytes, in the working tree or in DVC's cache of one of the folders."""
    places = [place for folder in folders for place in (folder / path, cached(folder, md5))]
    return next((place for place in places if place.is_file() and checksum(place) == md5), None)


def cached(root: Path, md5: str) -> Path:
    """Where DVC's own cache keeps a file; of a checksum that is none, nowhere."""
    return root / CACHE / (f"{md5[:2]}/{md5[2:]}" if re.fullmatch(r"[0-9a-f]{32}", str(md5)) else "none")


def checksum(path: Path) -> str:
    """The MD5 sum of a file, as DVC records it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def overlap(path: str, other: str) -> bool:
    """Whether two paths are the same, or one is a folder that holds the other."""
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")


def _stages(names: list[str]) -> str:
    return sorted(names)[0] if len(names) == 1 else f"{sorted(names)[0]} and {len(names) - 1} more stages"
