"""The stage runner: flags, parameters, and one line for every failure, with status 1 and no output left behind."""

import csv
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from stages.split import main as split
from tests.parameters import VALUES
from tests.running import files
from vision.data.dataset import Dataset, Samples
from vision.pipeline import runner
from vision.pipeline.errors import UserError
from vision.pipeline.schema import Params

RAW = "data/raw/handwriting.npz"
SPLIT = ["--role", "handwriting", "--raw", RAW, "--prepared", "data/prepared/handwriting", "--tables", "plots/splits"]


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run a main function as a stage, in a folder with parameters and inputs; return status, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DVC_STAGE", raising=False)
    monkeypatch.setattr(os, "_exit", sys.exit)
    Path("params.yaml").write_text(yaml.safe_dump(VALUES, sort_keys=False))
    noise = np.random.default_rng(0).integers(0, 256, (120, 1, 4, 4), np.uint8)
    samples = Samples(noise, np.arange(120) % 10, np.arange(120))
    Dataset({"train": samples, "test": samples}, list("0123456789")).save(Path(RAW))

    def call(main, words):
        monkeypatch.setattr(sys, "argv", ["stage", *words])
        with pytest.raises(SystemExit) as ended:
            runner.run(main)
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.fixture
def probe(run):
    """Run a stage that calls a function, or raises an error."""

    def call(body):
        def main(params: Params, *, table: Path, extra: Path | None) -> None:
            if isinstance(body, BaseException):
                raise body
            body()

        return run(main, ["--table", "t.csv"])

    return call


def change(**values):
    Path("params.yaml").write_text(yaml.safe_dump({**VALUES, **values}))


def line_of(result):
    """The one line of a stage that failed."""
    status, _, errors = result
    assert status == 1, errors
    assert errors.startswith("error in stage "), errors
    assert errors.count("\n") == 1, errors
    return errors


def test_stage_writes_its_outputs_and_adds_its_time(run, tmp_path):
    assert line_of(run(split, [*SPLIT[:3], "nowhere", *SPLIT[4:]]))
    assert not (tmp_path / "timings.csv").exists()
    for _ in range(2):
        assert run(split, SPLIT)[::2] == (0, "")
    assert {f"data/prepared/handwriting/{part}.npz" for part in ("train", "test")} <= files(tmp_path)
    with (tmp_path / "timings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["stage"] for row in rows] == ["split-handwriting"] * 2
    assert all(0 < float(row["wall_seconds"]) < 10_000 and 10 <= float(row["peak_mebibytes"]) < 10_000 for row in rows)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"dropuot": 0.5}, "dropout"), ({"split": {"valid_one_in": 1000}}, "split.valid_one_in is 1000")],
)
def test_wrong_parameter_is_one_line_and_writes_nothing(changes, words, run, tmp_path):
    change(**changes)
    before = files(tmp_path)
    assert words in line_of(run(split, SPLIT))
    assert files(tmp_path) == before


@pytest.mark.parametrize("content", [None, b"half", {"class_names": np.array(["a"]), "mean": np.empty(0)}])
def test_missing_damaged_or_foreign_input_is_named(content, run, tmp_path):
    Path(RAW).unlink()
    if isinstance(content, dict):
        np.savez(RAW, **content)
    elif content:
        Path(RAW).write_bytes(content)
    before = files(tmp_path)
    assert f"{RAW}: " in line_of(run(split, SPLIT))
    assert files(tmp_path) == before


def test_device_that_is_not_there_is_named(run, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    change(device="cuda")
    assert "device is 'cuda'" in line_of(run(split, SPLIT))


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (UserError("lr is too high"), 1, "lr is too high"),
        (FileNotFoundError(2, "No such file or directory", "b.npz"), 1, "b.npz: No such file or directory"),
        (MemoryError(), 1, "out of memory"),
        (RuntimeError("CUDA out of memory. Tried 2 GiB.\nSee"), 1, "out of memory"),
        (None, 1, "out of memory"),  # torch.ones, which raises its error on the CPU
    ],
    ids=repr,
)
def test_failure_that_is_no_bug_is_one_line(error, status, words, probe):
    found, _, errors = probe(error or (lambda: torch.ones(2**50)))
    assert (found, errors.count("\n")) == (status, 1)
    assert errors.startswith(f"error in stage test_runner: {words}")


def test_bug_stays_an_exception(probe):
    with pytest.raises(ZeroDivisionError):
        probe(ZeroDivisionError())
