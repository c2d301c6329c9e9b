"""Metrics and tables: the same content gives the same bytes, and a damaged table is one line that names the file."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from vision.pipeline.errors import UserError
from vision.pipeline.tables import read_records, read_table, tidy_curves, write_metrics, write_table

CONFLICT = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> other\n"
CURVES = [
    {"epoch": 1, "augmented_train_loss": 0.9, "valid_loss": 0.8, "valid_accuracy": 0.5},
    {"epoch": 2, "augmented_train_loss": 0.7, "valid_loss": 0.6, "valid_accuracy": 0.75},
]


def assert_refused(path):
    with pytest.raises(UserError, match="git checkout") as caught:
        read_table(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")


def test_metrics_survive_their_file_and_are_finite_numbers(tmp_path):
    metrics, path = {"images": 3, "diverged": True, "test": {"loss": 1 / 3, "tiny": 1e-300}}, tmp_path / "scores.json"
    write_metrics(path, metrics)
    assert json.loads(path.read_text()) == metrics
    for bad in (math.nan, -math.inf, None, "1"):
        with pytest.raises(ValueError, match=r"scores\.test\.loss"):
            write_metrics(path, {"test": {"accuracy": 0.5, "loss": bad}})
    assert json.loads(path.read_text()) == metrics


@pytest.mark.parametrize("kind", [list, pd.DataFrame])
def test_table_survives_its_file_to_8_digits(tmp_path, kind):
    rows = [{"class": 'ç, "b"', "images": 3, "loss": 1 / 3}, {"class": "two\nlines", "images": 4, "loss": None}]
    write_table(tmp_path / "table.csv", kind(rows))
    content = (tmp_path / "table.csv").read_bytes()
    assert content.decode() == 'class,images,loss\n"ç, ""b""",3,0.33333333\n"two\nlines",4,\n'
    assert read_records(tmp_path / "table.csv") == [rows[0] | {"loss": 0.33333333}, rows[1]]


def test_damaged_table_is_refused(tmp_path):
    path = tmp_path / "runs.csv"
    assert_refused(path)
    write_table(path, [{"model": "a", "score": 0.125}, {"model": "b", "score": 0.25}])
    whole = path.read_text()
    header, first, second = whole.splitlines(keepends=True)
    cut = [whole[:size] for size in range(len(whole)) if not whole[:size].endswith("\n")]
    merged = header + CONFLICT.format(first, second)  # pandas would read its marks as models without a score
    for content in (*cut, merged, CONFLICT.format(whole, whole), "\n", f"{whole}c,1,2\n", f"{whole}c\n", "\udcff\n"):
        path.write_text(content, errors="surrogateescape")
        assert_refused(path)


def test_tidy_curves_hold_every_value_once_epoch_by_epoch():
    tidy = tidy_curves("run 1", CURVES)
    assert list(tidy.columns) == ["run", "epoch", "split", "measure", "value"]
    rows = {(row.epoch, f"{row.split}_{row.measure}"): row.value for row in tidy.itertuples()}
    assert rows == {(row["epoch"], key): row[key] for row in CURVES for key in row if key != "epoch"}
    assert len(tidy) == len(rows)
    assert tidy.epoch.is_monotonic_increasing
    np.testing.assert_array_equal(tidy.run, "run 1")
    empty = tidy_curves("run 2", [])  # of a run that diverged in its first epoch
    assert list(empty.columns) == list(tidy.columns)
    assert len(pd.concat([empty, tidy])) == 6
