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


@pytest.fixture
def table(tmp_path):
    write_table(tmp_path / "runs.csv", [{"model": "a", "score": 0.125}, {"model": "b", "score": 0.25}])
    return tmp_path / "runs.csv"


def assert_refused(path):
    with pytest.raises(UserError, match="git checkout") as caught:
        read_table(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("bad", [math.nan, -math.inf, None, "1"], ids=repr)
def test_write_metrics_refuses_all_but_finite_numbers_by_name(tmp_path, bad):
    path = tmp_path / "scores.json"
    with pytest.raises(ValueError, match=r"scores\.test\.loss"):
        write_metrics(path, {"test": {"accuracy": 0.5, "loss": bad}})
    assert not path.exists()


def test_metrics_survive_their_file(tmp_path):
    metrics = {"images": 3, "diverged": True, "test": {"loss": 1 / 3, "tiny": 1e-300}}
    write_metrics(tmp_path / "scores.json", metrics)
    assert json.loads((tmp_path / "scores.json").read_text()) == metrics


@pytest.mark.parametrize("kind", [list, pd.DataFrame])
def test_table_survives_its_file_to_8_digits(tmp_path, kind):
    rows = [{"class": 'ç, "b"', "images": 3, "loss": 1 / 3}, {"class": "two\nlines", "images": 4, "loss": None}]
    write_table(tmp_path / "table.csv", kind(rows))
    content = (tmp_path / "table.csv").read_bytes()
    assert content.decode() == 'class,images,loss\n"ç, ""b""",3,0.33333333\n"two\nlines",4,\n'
    assert read_records(tmp_path / "table.csv") == [rows[0] | {"loss": 0.33333333}, rows[1]]


def test_table_of_text_has_the_same_bytes_without_pandas(tmp_path):
    rows = [{"name": 'a, "b"', "low": None}, {"name": "ç", "low": "0.1"}, {"name": "two\nlines", "low": ""}]
    write_table(tmp_path / "list.csv", rows)
    write_table(tmp_path / "frame.csv", pd.DataFrame(rows))
    assert (tmp_path / "list.csv").read_bytes() == (tmp_path / "frame.csv").read_bytes()


def test_table_cut_anywhere_but_after_a_line_is_refused(table):
    whole = table.read_bytes()
    for size in range(len(whole)):
        table.write_bytes(whole[:size])
        if whole[:size].endswith(b"\n"):
            assert list(read_table(table).columns) == ["model", "score"]
        else:
            assert_refused(table)


def test_damaged_table_is_refused(table):
    whole = table.read_text()
    header, first, *_ = whole.splitlines(keepends=True)
    merged = header + CONFLICT.format(first, first)  # pandas would read its marks as models without a score
    for content in (merged, CONFLICT.format(whole, whole), "\n", f"{whole}c,1,2\n", f"{whole}c\n"):
        table.write_text(content)
        assert_refused(table)
    table.write_bytes(b"model,score\n\xff,1\n")
    assert_refused(table)
    table.unlink()
    assert_refused(table)


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
