"""A number with its 95 % interval: in text, in tables, and in the file scores.csv of each stage."""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from vision.pipeline.files import CheckedDict
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
    """A measured number, its 95 % interval, the number of images, seeds or rows it is of, and a key of UNITS."""

    value: float
    low: float | None = None
    high: float | None = None
    n: int | None = None
    unit: str = "number"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its bounds; None if it has none, or if they have no width or do not contain the number."""
        usable = self.low is not None and self.low < self.high and self.low <= self.value <= self.high
        return (self.low, self.high) if usable else None

    def columns(self, name: str) -> dict[str, float]:
        """Columns of a table: name, name_low, name_high."""
        bounds = {f"{name}_low": self.low, f"{name}_high": self.high} if self.low is not None else {}
        return {name: self.value, **bounds}

    def __str__(self) -> str:
        """Return "99.32 % (99.14 to 99.46)", in the number's unit."""
        factor, form, ending = UNITS[self.unit]
        text = f"{factor * self.value:{form}}{ending}"
        return text if self.low is None else f"{text} ({factor * self.low:{form}} to {factor * self.high:{form}})"


Scores = dict[str, Estimate]  # by dotted name, as test.accuracy


def table_row(scores: Mapping[str, Estimate | float | None], prefix: str = "") -> dict[str, float]:
    """Scores as columns of one row of a table, each estimate with its bounds; None is left out."""
    row: dict[str, float] = {}
    for name, score in scores.items():
        if score is not None:
            row |= score.columns(prefix + name) if isinstance(score, Estimate) else {prefix + name: score}
    return row


def flatten(nested: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Estimate]]:
    """The numbers of nested sections by dotted name, without those that are None; a ValueError if one is not finite."""
    for key, value in nested.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from flatten(value, f"{name}.")
        elif value is not None:
            score = value if isinstance(value, Estimate) else Estimate(value)
            if not all(math.isfinite(number) for number in score[:3] if number is not None):
                raise ValueError(f"score {name} is {score.value} ({score.low} to {score.high}): it must be finite")
            yield name, score


def write_scores(path: Path, nested: Mapping[str, Any]) -> None:
    """Write nested estimates and numbers as a table of name, value, low, high, n, with all their digits."""
    columns = ("name", "value", "low", "high", "n")
    rows = [(name, *map(_text, score[:4])) for name, score in flatten(nested)]
    write_table(path, [dict(zip(columns, row, strict=True)) for row in rows])


def _text(number: float | None) -> str | None:
    if number is None:
        return None
    return str(int(number)) if float(number).is_integer() and abs(number) < 2**53 else repr(float(number))


def read_scores(path: Path) -> Scores:
    """Read what `write_scores` wrote; to look up a missing name in it is a UserError."""
    scores = {}
    for row in read_table(path, dtype=str, keep_default_na=False).itertuples(index=False):
        value, low, high = (float(text) if text else None for text in (row.value, row.low, row.high))
        scores[row.name] = Estimate(value, low, high, int(row.n) if row.n else None)
    return CheckedDict(path, scores)
