"""A number with its 95 % interval: how it is kept, printed, and held against an interval that someone names."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from vision.pipeline.files import Content
from vision.pipeline.tables import read_table, write_table

UNITS = {  # factor, format and ending of a number of each unit
    "percent": (100, "z.2f", " %"),
    "points": (100, "+z.2f", " points"),
    "times": (1, ".3g", " times"),
    "nats": (1, "z.4f", " nats"),
    "images": (1, ",.0f", " images"),
    "epochs": (1, ".3g", " epochs"),
    "curves": (1, ",.0f", " curves"),
    "features": (1, ",.0f", " features"),
    "silhouette": (1, "z.3f", ""),
    "number": (1, ".6g", ""),
}


class Estimate(NamedTuple):
    """A measured number.

    Attributes:
        value: finite
        low, high: its 95 % interval; None where it has none
        n: how many images, seeds or rows it was measured on; None where no single number says that
        unit: a key of UNITS, by which it is printed
    """

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: str = "number"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its bounds; None if it has none, or if they say nothing: no width, or beside the number."""
        usable = self.low is not None and self.high is not None
        return (self.low, self.high) if usable and self.low < self.high and self.low <= self.value <= self.high else None

    def columns(self, name: str) -> dict[str, float]:
        """The number and its bounds as columns of a table: name, name_low, name_high."""
        bounds = {f"{name}_low": self.low, f"{name}_high": self.high} if self.low is not None else {}
        return {name: self.value, **bounds}

    def __str__(self) -> str:
        """Say "99.32 % (99.14 to 99.46)", in the number's unit."""
        factor, form, ending = UNITS[self.unit]
        text = f"{factor * self.value:{form}}{ending}"
        if self.low is None:
            return text
        return f"{text} ({factor * self.low:{form}} to {factor * self.high:{form}})"


Scores = dict[str, Estimate]  # by dotted name, as test.accuracy


def flatten(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Estimate]]:
    """The numbers of nested sections by dotted name; a plain number or truth value is an estimate without interval.

    Raises:
        ValueError: one is not finite
    """
    for key, value in nested.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flatten(value, f"{name}.")
        elif value is not None:
            found = value if isinstance(value, Estimate) else Estimate(value)
            if not math.isfinite(found.value):
                raise ValueError(f"score {name} is {found.value}: it must be a finite number")
            yield name, found


def write_scores(path: Path, nested: Mapping[str, Any]) -> None:
    """Write nested estimates and numbers as a table of name, value, low, high, n, with all their digits."""
    rows = [
        {"name": name, "value": _text(found.value), "low": _text(found.low), "high": _text(found.high), "n": found.n}
        for name, found in flatten(nested)
    ]
    table = pd.DataFrame(rows, columns=["name", "value", "low", "high", "n"])
    write_table(path, table.assign(n=table.n.astype("Int64")))


def _text(value: float | None) -> str | None:
    if value is None:
        return None
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def read_scores(path: Path) -> Scores:
    """Read what `write_scores` wrote.

    Raises:
        UserError: the file is missing, cut short or damaged; or, later, a name is asked for that it does not hold
    """
    rows = read_table(path, dtype=str, keep_default_na=False)
    found = {
        row.name: Estimate(float(row.value), *(float(text) if text else None for text in (row.low, row.high, row.n)))
        for row in rows.itertuples(index=False)
    }
    return Content(path, found)
