"""Metrics and tables that were cut, edited or merged badly are one line that names the file and how to restore it."""

import pickle

import numpy as np
import pytest

from vision.pipeline.errors import UserError
from vision.pipeline.tables import read_metrics, read_records, read_table, write_metrics, write_table

CONFLICT = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> other\n"
BACK = r"; bring it back with `git checkout \S+`, or make it anew with `dvc repro`$"
FOUND = {"test": {"accuracy": 0.5}, "layers": {"logits": {"share": 1}}}


@pytest.fixture
def metrics(tmp_path):
    write_metrics(tmp_path / "convnet.json", FOUND)
    return tmp_path / "convnet.json"


@pytest.fixture
def table(tmp_path):
    write_table(tmp_path / "runs.csv", [{"model": "a", "score": 0.125}, {"model": "b", "score": 0.25}])
    return tmp_path / "runs.csv"


def refusal(read, path):
    with pytest.raises(UserError, match=BACK) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    return message


def test_damaged_metrics_are_refused(metrics):
    whole = metrics.read_text()
    for content in ("", whole[: len(whole) // 2], whole[:-2], CONFLICT.format(whole, whole), "[" * 100_000):
        metrics.write_text(content)
        assert "not JSON" in refusal(read_metrics, metrics)
    metrics.write_bytes(b"\xff\xfe")
    assert "not text" in refusal(read_metrics, metrics)
    metrics.write_text("[1]")
    assert "not a section" in refusal(read_metrics, metrics)
    metrics.unlink()
    assert "no such file" in refusal(read_metrics, metrics)


def test_a_missing_metric_is_named_with_its_file_and_is_a_key_error_too(metrics):
    found = read_metrics(metrics)
    assert found == FOUND
    assert "holds no 'valid'" in refusal(lambda _: found["valid"], metrics)
    assert "holds no 'tsne'" in refusal(lambda _: found["layers"]["logits"]["tsne"], metrics)
    with pytest.raises(KeyError):
        found["valid"]
    assert found.get("valid") is None
    assert "holds no 'valid'" in refusal(lambda _: pickle.loads(pickle.dumps(found))["valid"], metrics)


def test_a_table_cut_anywhere_but_after_a_line_is_refused(table):
    whole = table.read_bytes()
    for size in range(len(whole)):
        table.write_bytes(whole[:size])
        if whole[:size].endswith(b"\n"):
            assert list(read_table(table).columns) == ["model", "score"]
        else:
            refusal(read_table, table)


def test_a_damaged_table_is_refused(table):
    whole = table.read_text()
    header, first, *_ = whole.splitlines(keepends=True)
    merged = header + CONFLICT.format(first, first)  # pandas would read its marks as models without a score
    for content in (merged, CONFLICT.format(whole, whole), "\n", f"{whole}c,1,2\n", f"{whole}c\n"):
        table.write_text(content)
        refusal(read_table, table)
    table.write_bytes(b"model,score\n\xff,1\n")
    assert "not text" in refusal(read_table, table)
    table.unlink()
    assert "no such file" in refusal(read_table, table)


def test_a_table_is_read_as_it_was_written(table):
    write_table(table, [{"model": 'Größe, "a"', "score": 1 / 3}, {"model": "two\nlines", "score": None}])
    read = read_table(table)
    assert read["model"].tolist() == ['Größe, "a"', "two\nlines"]
    np.testing.assert_array_equal(read["score"], [0.33333333, np.nan])
    assert read_records(table)[1] == {"model": "two\nlines", "score": None}
