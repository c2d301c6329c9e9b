"""Metrics as JSON and tables as CSV: the same content gives the same bytes."""

import csv
import io
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from vision.pipeline.errors import UserError
from vision.pipeline.files import atomic_write, recovery_hint
from vision.pipeline.parsing import one_line


def read_table(path: Path, **options: Any) -> pd.DataFrame:
    """Read a table by `pandas.read_csv`; a UserError, if it is missing, truncated or has rows of several widths."""
    try:
        text = path.read_text(encoding="utf-8")
        rows = csv.reader(io.StringIO(text, newline=""))
        width = len(next(rows, []))
        # pandas would fill a short row, such as a conflict mark or the end of a truncated file, with empty cells.
        uneven = next((rows.line_num for row in rows if len(row) != width), None)
        if uneven or not text.endswith("\n"):
            raise ValueError(f"line {uneven} does not fit the header" if uneven else "empty or cut short")
        return pd.read_csv(io.StringIO(text), **options)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; {recovery_hint(path)}") from None
    except (ValueError, csv.Error) as error:  # of text that is not UTF-8, and of pandas, too
        raise UserError(f"{path}: not CSV: {one_line(str(error))}; {recovery_hint(path)}") from None


def read_records(path: Path) -> list[dict[str, Any]]:
    """The rows of a table, as `read_table` reads it; an empty cell is None."""
    table = read_table(path)
    return table.astype(object).where(table.notna(), None).to_dict("records")


def write_metrics(path: Path, metrics: dict[str, Any]) -> None:
    """Write nested metrics; a ValueError, if one is not a finite number or a boolean: `dvc metrics` would hide it."""
    _check_finite(metrics, path.stem)
    with atomic_write(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2) + "\n")


def _check_finite(value: Any, name: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_finite(inner, f"{name}.{key}")
    elif not isinstance(value, bool | int | float) or not math.isfinite(value):
        raise ValueError(f"metric {name} is {value!r}: it must be a finite number")


def write_table(path: Path, rows: pd.DataFrame | list[dict[str, Any]]) -> None:
    """Write a table with a header, one line per row, floats to 8 significant digits."""
    with atomic_write(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.8g", lineterminator="\n")


def tidy_curves(run: str, curves: list[dict[str, float]]) -> pd.DataFrame:
    """Turn rows of epoch, <split>_loss, <split>_accuracy into rows of run, epoch, split, measure, value."""
    columns = [column for column in (curves[0] if curves else []) if column != "epoch"]
    rows = [(run, row["epoch"], *column.rsplit("_", 1), row.get(column)) for row in curves for column in columns]
    table = pd.DataFrame(rows, columns=["run", "epoch", "split", "measure", "value"])
    return table.astype({"value": float})  # also of no rows, so that tables can be concatenated
