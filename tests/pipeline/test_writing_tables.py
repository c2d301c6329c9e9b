"""Metrics and tables: the same content gives the same bytes, and nothing that is no number gets in."""

import math

import pandas as pd
import pytest

from vision.pipeline.tables import read_metrics, read_table, tidy_curves, write_metrics, write_table

CURVES = [
    {"epoch": 1, "augmented_train_loss": 0.9, "valid_loss": 0.8, "valid_accuracy": 0.5},
    {"epoch": 2, "augmented_train_loss": 0.7, "valid_loss": 0.6, "valid_accuracy": 0.75},
]


@pytest.mark.parametrize("bad", [math.nan, -math.inf, None, "1"], ids=repr)
def test_write_metrics_refuses_what_is_no_finite_number_by_name(tmp_path, bad):
    path = tmp_path / "scores.json"
    with pytest.raises(ValueError, match=r"metric scores\.test\.loss is"):
        write_metrics(path, {"test": {"accuracy": 0.5, "loss": bad}})
    assert not path.exists()


def test_metrics_survive_their_file(tmp_path):
    metrics = {"images": 3, "diverged": True, "test": {"loss": 1 / 3, "tiny": 1e-300}}
    write_metrics(tmp_path / "scores.json", metrics)
    assert read_metrics(tmp_path / "scores.json") == metrics


@pytest.mark.parametrize("kind", [list, pd.DataFrame])
def test_a_table_survives_its_file_to_8_digits(tmp_path, kind):
    rows = [{"class": "a, b", "images": 3, "loss": 1 / 3}, {"class": "ç", "images": 4, "loss": 1e-9}]
    write_table(tmp_path / "table.csv", kind(rows))
    content = (tmp_path / "table.csv").read_bytes()
    assert content.decode() == 'class,images,loss\n"a, b",3,0.33333333\nç,4,1e-09\n'
    pd.testing.assert_frame_equal(read_table(tmp_path / "table.csv"), pd.DataFrame(rows), rtol=1e-7)


def test_tidy_curves_hold_every_value_once_epoch_by_epoch():
    tidy = tidy_curves("run 1", CURVES)
    assert list(tidy.columns) == ["run", "epoch", "split", "measure", "value"]
    assert set(tidy.run) == {"run 1"}
    found = {(row.epoch, f"{row.split}_{row.measure}"): row.value for row in tidy.itertuples()}
    assert found == {(row["epoch"], key): row[key] for row in CURVES for key in row if key != "epoch"}
    assert len(tidy) == len(found)
    assert tidy.epoch.is_monotonic_increasing
    assert set(tidy.split) == {"augmented_train", "valid"}


def test_tidy_curves_of_a_run_without_a_finite_epoch_are_an_empty_table():
    tidy = tidy_curves("run 1", [])
    assert (len(tidy), list(tidy.columns)) == (0, ["run", "epoch", "split", "measure", "value"])
    assert len(pd.concat([tidy, tidy_curves("run 2", CURVES)])) == 6
