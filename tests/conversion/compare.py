"""Compare two folders of results value by value: `python -m tests.conversion.compare OLD NEW`.

Every number and text of every table and metrics file is compared. Lines name what differs; the number of files and of
equal values comes last.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

MOST = 5  # differences shown of a file
KEYS = ("model", "run", "epoch", "split", "measure", "first", "second", "kept", "role", "classifier", "image", "bug")


def values(path: Path) -> dict[str, str]:
    """The values of a file by name: a score by its name and column, a cell by its row and column."""
    if path.suffix == ".json":
        return dict(leaves(json.loads(path.read_text())))
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if path.name == "scores.csv":
        table = table.set_index("name")[["value", "low", "high"]]
    elif "id" in table:
        table = table.set_index("id")
    elif keys := [column for column in KEYS if column in table]:
        unique = not table.duplicated(keys).any()
        table = table.set_index(table[keys].agg(", ".join, axis=1)) if unique else table
    return {f"{row}.{column}": str(value) for column in table for row, value in table[column].items() if value != ""}


def leaves(nested: dict, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The values of nested metrics by dotted name."""
    for key, value in nested.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", repr(value)


def same(old: str, new: str) -> bool:
    """Whether two texts are equal or the same number."""
    try:
        return old == new or float(old) == float(new)
    except ValueError:
        return False


def compare(old: Path, new: Path) -> Iterator[str]:
    """A line for each difference, and one for the count of what is equal."""
    files, equal = 0, 0
    names = sorted(
        {str(path.relative_to(root)) for root in (old, new) for part in ("plots", "metrics")
         for path in (root / part).rglob("*") if path.suffix in (".csv", ".json")}
    )  # fmt: skip
    for name in names:
        missing = [side for side, root in (("old", old), ("new", new)) if not (root / name).is_file()]
        if missing:
            yield f"{name}: not among the {missing[0]} results"
            continue
        before, after = values(old / name), values(new / name)
        files += 1
        different = [key for key in before.keys() & after.keys() if not same(before[key], after[key])]
        equal += len(before.keys() & after.keys()) - len(different)
        kinds = {"differ": sorted(different), "only old": sorted(before.keys() - after.keys())}
        kinds["only new"] = sorted(after.keys() - before.keys())
        for kind, keys in kinds.items():
            shown = "; ".join(f"{key} {before.get(key, '')} -> {after.get(key, '')}" for key in keys[:MOST])
            if keys:
                yield f"{name}: {len(keys)} {kind}: {shown}"
    yield f"{equal} values in {files} files are equal"


if __name__ == "__main__":
    for line in compare(*map(Path, sys.argv[1:3])):
        print(line)
