"""Metrics and tables that were cut, edited or merged badly are one line that names the file and the way back."""

import os
import pickle
import subprocess
import sys

import pytest

from vision.pipeline.errors import UserError
from vision.pipeline.tables import read_metrics, read_records, read_table
from vision.results.tables import write_metrics, write_table

CONFLICT = "<<<<<<< HEAD\n{}=======\n{}>>>>>>> other\n"
BACK = r"; bring it back with `git checkout \S+`, or make it anew with `dvc repro`$"


@pytest.fixture
def metrics(tmp_path):
    write_metrics(tmp_path / "convnet.json", {"test": {"accuracy": 0.5}, "layers": {"logits": {"share": 1}}})
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


def test_metrics_cut_anywhere_are_told(metrics):
    whole = metrics.read_bytes()
    for size in range(len(whole) - 1):  # the last byte is a line's end
        metrics.write_bytes(whole[:size])
        assert "not JSON" in refusal(read_metrics, metrics)


def test_metrics_that_are_none_are_told(metrics):
    whole = metrics.read_text()
    for content in (CONFLICT.format(whole, whole).encode(), b"\xff\xfe", b"[" * 100_000):
        metrics.write_bytes(content)
        assert "not " in refusal(read_metrics, metrics)
    metrics.write_text("[1]")
    assert "not a section" in refusal(read_metrics, metrics)
    metrics.unlink()
    assert "no such file" in refusal(read_metrics, metrics)


def test_a_metric_that_is_not_there_is_told_with_its_file_and_is_a_missing_key_all_the_same(metrics):
    found = read_metrics(metrics)
    assert "holds no 'valid'" in refusal(lambda _: found["valid"], metrics)
    assert "holds no 'tsne'" in refusal(lambda _: found["layers"]["logits"]["tsne"], metrics)
    with pytest.raises(KeyError):
        found["valid"]
    assert found.get("valid") is None
    assert "valid" not in found
    assert found == {"test": {"accuracy": 0.5}, "layers": {"logits": {"share": 1}}}
    assert "holds no 'valid'" in refusal(lambda _: pickle.loads(pickle.dumps(found))["valid"], metrics)


def test_a_table_cut_anywhere_but_after_a_line_is_told(table):
    whole = table.read_bytes()
    for size in range(len(whole)):
        table.write_bytes(whole[:size])
        if whole[:size].endswith(b"\n"):
            assert list(read_table(table).columns) == ["model", "score"]
        else:
            refusal(read_table, table)


def test_a_table_that_is_none_is_told(table):
    whole = table.read_text()
    header, first, *_ = whole.splitlines(keepends=True)
    merged = header + CONFLICT.format(first, first)  # pandas would read its marks as models without a score
    for content in (merged, CONFLICT.format(whole, whole), "\n", f"{whole}c,1,2\n", f"{whole}c\n", f"{whole}\n"):
        table.write_text(content)
        refusal(read_table, table)
    table.write_bytes(b"model,score\n\xff,1\n")
    assert "not text" in refusal(read_table, table)
    table.unlink()
    assert "no such file" in refusal(read_table, table)


def test_a_table_is_read_as_it_was_written_whatever_the_locale(table):
    write_table(table, [{"model": 'Größe, "a"', "score": 1 / 3}, {"model": "two\nlines", "score": None}])
    command = "import sys; from pathlib import Path; from vision.pipeline.tables import read_table\n"
    command += "print(ascii(read_table(Path(sys.argv[1])).to_dict('list')))"
    ascii_locale = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", command, table], env=ascii_locale, capture_output=True, text=True, check=True
    )
    assert done.stdout == ascii({"model": ['Größe, "a"', "two\nlines"], "score": [0.33333333, float("nan")]}) + "\n"


def test_an_empty_cell_of_a_record_is_none(tmp_path):
    (tmp_path / "a.csv").write_text("name,value\nfirst,0.5\nsecond,\n")
    records = read_records(tmp_path / "a.csv")
    assert records == [{"name": "first", "value": 0.5}, {"name": "second", "value": None}]
