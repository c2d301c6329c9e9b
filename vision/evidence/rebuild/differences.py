"""How the new file differs from the committed one: number by number, where a number has an interval within that.

A metric that is committed with a 95 % interval may lie anywhere in it: `accuracy` in `accuracy_low` to `accuracy_high`,
the `mean` or `share` of a section in its `low` to `high`. Any number may be off by ROUNDING. Of other numbers, as one
network's loss after three epochs, nothing that is committed says how far they may move: they are not judged here. Nor
are the numbers of tables: of their thousand intervals some are left by chance, and a row more moves the others.
What must be the same is what is no number: names, columns, verdicts.
"""

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from vision.evidence.recorded import Interval, interval_of, is_number
from vision.pipeline.errors import UserError

ROUNDING = 1e-6  # relative: float32 has 7 digits
EXACT = re.compile(r"(train|valid|test)\.images|images\.(train|valid|test)|parameters")  # counts of what is given


class Difference(NamedTuple):
    """What is different in a file.

    Attributes:
        first: the first number or text that is, with both values
        outside: the first that may not be: outside its interval, or no number
        beyond: whether anything differs by more than rounding
        unjudged: whether of that something has no interval
        n_judged: how many numbers of the file have an interval
        verdicts: changed verdicts of statements
    """

    first: str
    outside: str = ""
    beyond: bool = True
    unjudged: bool = True
    n_judged: int = 0
    verdicts: tuple[str, ...] = ()


Leaf = tuple[str, str, Any, dict[str, Any]]  # where, its name there, the value, its section or row


def compare(name: str, old: Path, new: Path) -> Difference:
    """Compare two files of the kind that the name says."""
    kind = Path(name).suffix
    try:
        if kind == ".json":
            leaves = [list(_metrics(json.loads(path.read_text(encoding="utf-8")))) for path in (old, new)]
        elif kind == ".csv":
            leaves = [list(_cells(path.read_text(encoding="utf-8"))) for path in (old, new)]
        elif kind in (".npz", ".pt", ".png"):
            return _compare_arrays(_arrays(kind, old), _arrays(kind, new))
        else:
            return _compare_lines(old, new)
    except (UserError, csv.Error, ValueError, TypeError, AttributeError, OSError) as error:
        reason = f"cannot be read ({' '.join(str(error).split())})"
        return Difference(reason, reason)
    return _compare_leaves(*leaves)


def _metrics(section: dict[str, Any], path: str = "") -> Iterator[Leaf]:
    for key, value in section.items():
        if isinstance(value, dict):
            yield from _metrics(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", key, value, section


def _cells(text: str) -> Iterator[Leaf]:
    """The header as one text, then each cell with its row."""
    rows = csv.DictReader(io.StringIO(text, newline=""))
    yield "header", "header", ",".join(rows.fieldnames or []), {}
    for number, cells in enumerate(rows, 1):
        row = {column: _number(cell) for column, cell in cells.items()}
        for column, cell in row.items():
            yield f"row {number}, {column}", column, cell, row


def _number(cell: str) -> float | str:
    try:
        return float(cell)
    except (ValueError, TypeError):
        return cell


def _compare_leaves(old: list[Leaf], new: list[Leaf]) -> Difference:
    first, outside, beyond, unjudged, n_judged, verdicts = "", "", False, False, 0, []
    found = {where: value for where, _, value, _ in new}
    for where, name, value, section in old:
        interval = None if _is_cell(where) else interval_of(name, section)
        n_judged += interval is not None
        now = found.pop(where, None)
        if _same(value, now):
            continue
        text = f"{where}: {_shown(value)} committed, {_shown(now)} new"
        first = first or text
        if name == "verdict":
            verdicts.append(f"{section.get('row')}, {section.get('statement')} {value} committed, {now} new")
        why = _why_outside(where, name, value, now, interval)
        outside = outside or (why and text + why)
        beyond |= not _close(value, now)
        unjudged |= not interval and not _close(value, now)
    if found:  # more rows, or more metrics
        first = first or f"{next(iter(found))}: not in the committed file"
        free = _is_cell(next(iter(found))) and not any(where.endswith(", statement") for where in found)
        outside, beyond, unjudged = outside or ("" if free else first), True, True
    return Difference(first, outside, beyond, unjudged, n_judged, tuple(verdicts))


def _why_outside(where: str, name: str, old: Any, new: Any, interval: Interval | None) -> str:
    """Why a value may not be what it is now; nothing if it may, or if nobody can say."""
    if EXACT.fullmatch(where) and old != new:
        return ", which chance has no part in"
    if is_number(old) and is_number(new):
        inside = _close(old, new) or not interval or interval[0] <= new <= interval[1]
        return "" if inside else f", outside {interval[0]:.9g} to {interval[1]:.9g}"
    free = _is_cell(where) and name not in ("verdict", "statement")  # a text made of numbers, or a row too many
    return "" if free else ", which is no matter of rounding"


def _is_cell(where: str) -> bool:
    return where.startswith("row ")


def _close(old: Any, new: Any) -> bool:
    return is_number(old) and is_number(new) and math.isclose(old, new, rel_tol=ROUNDING)


def _same(old: Any, new: Any) -> bool:
    return type(old) is type(new) and (old == new or (old != old and new != new))


def _shown(value: Any) -> str:
    return "none" if value is None else f"{value!r}" if isinstance(value, float) else str(value)[:200]


def _arrays(kind: str, path: Path) -> dict[str, Any]:
    """The arrays of a file by name: of a picture its pixels (H, W, channels), of weights each tensor or value."""
    import numpy as np

    if kind == ".png":
        from PIL import Image

        with Image.open(path) as picture:
            return {"pixel": np.asarray(picture.convert("RGBA"))}
    if kind == ".npz":
        from vision.pipeline.files import load_arrays

        return load_arrays(path)
    from vision.pipeline.checkpoints import load_checkpoint

    return dict(_tensors(load_checkpoint(path), ""))


def _tensors(content: Any, path: str) -> Iterator[tuple[str, Any]]:
    import numpy as np

    if isinstance(content, dict | list | tuple):
        items = content.items() if isinstance(content, dict) else enumerate(content)
        for key, value in items:
            yield from _tensors(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, np.asarray(content)  # of a tensor, as it stands on the CPU


def _compare_arrays(old: dict[str, Any], new: dict[str, Any]) -> Difference:
    import numpy as np

    first, beyond = "", False
    for name in {**old, **new}:
        before, after = old.get(name), new.get(name)
        if before is None or after is None or (before.shape, before.dtype) != (after.shape, after.dtype):
            reason = f"{name}: of another shape or type, or in one of both alone"
            return Difference(reason, reason)
        differs = ~((before == after) | ((before != before) & (after != after)))  # NaN is what it was
        if differs.any():
            place = tuple(int(index) for index in np.argwhere(differs)[0])
            first = first or f"{name}{list(place)}: {before[place]} committed, {after[place]} new"
            rounding = before.dtype.kind == "f" and np.allclose(before, after, ROUNDING, 0, equal_nan=True)
            beyond |= not rounding
    return Difference(first, beyond=beyond, unjudged=beyond)


def _compare_lines(old: Path, new: Path) -> Difference:
    """Text: the first line that differs, of a page with its pictures in it by number alone."""
    before, after = (path.read_bytes().splitlines() for path in (old, new))
    number = next(
        (number for number, pair in enumerate(zip(before, after, strict=False), 1) if pair[0] != pair[1]), None
    )
    return Difference(f"line {number}" if number else "another number of lines")
