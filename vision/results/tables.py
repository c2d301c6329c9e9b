"""Metrics as JSON and tables as CSV: the same content gives the same bytes."""

import json
import math
from pathlib import Path
from typing import Any

import pandas as pd

from vision.pipeline.files import replacing
from vision.pipeline.tables import Metrics


def write_metrics(path: Path, metrics: Metrics) -> None:
    """Write nested metrics.

    Raises:
        ValueError: a value is not a finite number (or true or false), which `dvc metrics` would hide
    """
    _check(metrics, path.stem)
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(metrics, indent=2, allow_nan=False) + "\n")


def _check(value: Any, name: str) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _check(inner, f"{name}.{key}")
    elif not isinstance(value, bool | int | float) or not math.isfinite(value):
        raise ValueError(f"metric {name} is {value!r}: it must be a finite number")


def write_table(path: Path, rows: pd.DataFrame | list[dict[str, Any]]) -> None:
    """Write a table with a header, one line per row, floats to 8 significant digits."""
    with replacing(path) as temporary:
        pd.DataFrame(rows).to_csv(temporary, index=False, float_format="%.8g", lineterminator="\n")


def tidy_curves(run: str, curves: list[dict[str, float]]) -> pd.DataFrame:
    """Turn rows of epoch, <split>_loss, <split>_accuracy into rows of run, epoch, split, measure, value."""
    wide = pd.DataFrame(curves, columns=list(curves[0]) if curves else ["epoch"])
    tidy = wide.melt("epoch", var_name="column", value_name="value")
    tidy[["split", "measure"]] = (
        tidy.pop("column").astype(str).str.rsplit("_", n=1, expand=True).reindex(columns=[0, 1])
    )
    return tidy.assign(run=run)[["run", "epoch", "split", "measure", "value"]].sort_values("epoch", kind="stable")
