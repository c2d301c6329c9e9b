"""Reading the metrics and tables that vision.results.tables wrote."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

Metrics = dict[str, Any]


def read_metrics(path: Path) -> Metrics:
    """Read nested metrics."""
    return json.loads(path.read_text())


def read_table(path: Path) -> pd.DataFrame:
    """Read a table with a header."""
    return pd.read_csv(path)
