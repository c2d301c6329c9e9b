"""Metrics as JSON and tables as CSV: the same content gives the same bytes."""

import csv
import io
import json
import math
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from vision.pipeline.errors import UserError
from vision.pipeline.files import Content, atomic_write, way_back

Metrics = dict[str, Any]


def read_metrics(path: Path) -> Metrics:
    """Read nested metrics.

    Raises:
        UserError: the file is missing, truncated or no JSON; or, later, a metric is asked for that it does not hold
    """
    try:
        metrics = json.loads(_read(path), object_hook=partial(Content, path))
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"not JSON: {error}") from None
    if not isinstance(metrics, dict):
        raise _damaged(path, "not a section of metrics")
    return metrics


def read_table(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table with a header; options are those of `pandas.read_csv`.

    Raises:
        UserError: the file is missing, empty, truncated, or has a row that does not suit its header
    """
    text = _read(path)
    rows = csv.reader(io.StringIO(text, newline=""))
    try:
        width = len(next(rows, []))
        # pandas would fill a short row, as a conflict mark or the end of a truncated file is one, with empty cells.
        uneven = next((rows.line_num for row in rows if len(row) != width), None)
        if uneven or not text.endswith("\n"):
            raise _damaged(path, f"line {uneven} does not suit the header" if uneven else "empty or cut short")
        return pd.read_csv(io.StringIO(text), **options)
    except (ValueError, csv.Error) as error:  # pandas' errors of parsing are ValueErrors
        raise _damaged(path, f"not CSV: {error}") from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {way_back(path)}") from None
    except UnicodeDecodeError:
        raise _damaged(path, "not text") from None


def _damaged(path: Path, how: str) -> UserError:
    return UserError(f"{path}: {' '.join(how.split())}; {way_back(path)}")


def read_records(path: Path) -> list[dict[str, Any]]:
    """The rows of a table; an empty cell is None.

    Raises:
        UserError: as `read_table`
    """
    table = read_table(path)
    return table.astype(object).where(table.notna(), None).to_dict("records")


def write_metrics(path: Path, metrics: Metrics) -> None:
    """Write nested metrics.

    Raises:
        ValueError: a value is not a finite number (or true or false), which `dvc metrics` would hide
    """
    _check(metrics, path.stem)
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2, allow_nan=False) + "\n")


def _check(value: Any, name: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _check(inner, f"{name}.{key}")
    elif not isinstance(value, bool | int | float) or not math.isfinite(value):
        raise ValueError(f"metric {name} is {value!r}: it must be a finite number")


def write_table(path: Path, rows: pd.DataFrame | list[dict[str, Any]]) -> None:
    """Write a table with a header, one line per row, floats to 8 significant digits."""
    with atomic_write(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.8g", lineterminator="\n")


def tidy_curves(run: str, curves: list[dict[str, float]]) -> pd.DataFrame:
    """Turn rows of epoch, <split>_loss, <split>_accuracy into rows of run, epoch, split, measure, value."""
    wide = pd.DataFrame(curves, columns=list(curves[0]) if curves else ["epoch"])
    tidy = wide.melt("epoch", var_name="column", value_name="value")
    tidy[["split", "measure"]] = (
        tidy.pop("column").astype(str).str.rsplit("_", n=1, expand=True).reindex(columns=[0, 1])
    )
    return tidy.assign(run=run)[["run", "epoch", "split", "measure", "value"]].sort_values("epoch", kind="stable")
