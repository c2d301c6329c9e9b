"""The stage runner: flags, parameters, and one line for every failure, with status 1 and no output left behind."""

import csv
import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from stages.split import main as split
from tests.parameters import VALUES
from tests.running import files
from tests.scratch import ROOT
from vision.data.dataset import Dataset, Samples
from vision.pipeline import runner
from vision.pipeline.errors import UserError
from vision.pipeline.files import load_arrays
from vision.pipeline.schema import Params

RAW = "data/raw/handwriting.npz"
SPLIT = ["--role", "handwriting", "--raw", RAW, "--prepared", "p.npz", "--test", "t.npz", "--metrics", "metrics/m.json"]
PROBE = ["--table", "t.csv", "--arrays", "a.npz", "--metrics", "metrics/m.json"]


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
    Path("t.csv").write_text("run,score\n1,0.5\n")
    np.savez("a.npz", logits=np.zeros((3, 2)))

    def call(main, words):
        monkeypatch.setattr(sys, "argv", ["stage", *words])
        with pytest.raises(SystemExit) as ended:
            runner.run(main)
        return ended.value.code, *capsys.readouterr()

    return call


@pytest.fixture
def probe(run):
    """Run a stage that does what a function of its inputs does."""

    def call(body):
        def main(params: Params, *, table: Path, arrays: Path, metrics: Path, extra: Path | None) -> None:
            body(table, arrays)

        return run(main, PROBE)

    return call


def fails_with(error):
    def body(*_):
        raise error

    return body


def change(**values):
    Path("params.yaml").write_text(yaml.safe_dump({**VALUES, **values}))


def line_of(result):
    """The one line of a stage that failed."""
    status, _, errors = result
    assert status == 1, errors
    assert errors.startswith("error in stage "), errors
    assert errors.count("\n") == 1, errors
    return errors


def test_a_stage_writes_its_outputs_and_adds_its_time(run, tmp_path):
    assert line_of(run(split, [*SPLIT[:3], "nowhere", *SPLIT[4:]]))
    assert not (tmp_path / "timings.csv").exists()
    for _ in range(2):
        assert run(split, SPLIT)[::2] == (0, "")
    assert {"p.npz", "t.npz", "metrics/m.json"} <= files(tmp_path)
    with (tmp_path / "timings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["stage"] for row in rows] == ["split-handwriting"] * 2
    assert all(0 <= float(row["wall_seconds"]) < 60 and 10 <= float(row["peak_mebibytes"]) < 10_000 for row in rows)


def test_timings_that_cannot_be_written_are_a_warning(run, tmp_path):
    (tmp_path / "timings.csv").mkdir()
    status, _, errors = run(split, SPLIT)
    assert (status, errors.count("\n")) == (0, 1), errors
    assert errors.startswith("warning in stage split-handwriting: timings.csv not written (")
    assert (tmp_path / "metrics/m.json").exists()


def test_flags_are_required_and_known(run):
    for words, culprit in ((SPLIT[:-2], "--metrics"), ([*SPLIT, "--colour", "red"], "--colour")):
        status, _, errors = run(split, words)
        assert status == 2
        assert culprit in errors


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dropuot": 0.5}, "params.yaml: unknown parameter dropuot; did you mean dropout?"),
        ({"lr": "fast"}, "params.yaml: lr is 'fast': "),
        ({"split": {"valid_one_in": 1000}}, "split.valid_one_in is 1000: leaves 0 of 120 images"),
    ],
)
def test_a_wrong_parameter_is_one_line_and_writes_nothing(changes, words, run, tmp_path):
    change(**changes)
    before = files(tmp_path)
    assert words in line_of(run(split, SPLIT))
    assert files(tmp_path) == before


@pytest.mark.parametrize("content", [None, b"", b"half", {"class_names": np.array(["a"]), "mean": np.empty(0)}])
def test_a_missing_damaged_or_foreign_input_is_named(content, run, tmp_path):
    Path(RAW).unlink()
    if isinstance(content, dict):
        np.savez(RAW, **content)
    elif content is not None:
        Path(RAW).write_bytes(content)
    before = files(tmp_path)
    assert f"{RAW}: " in line_of(run(split, SPLIT))
    assert files(tmp_path) == before


def test_an_output_that_cannot_be_written_is_named(run, tmp_path):
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/.m.json.tmp").symlink_to("/dev/full")  # as on a disk without space; this is written first
    assert "metrics/m.json: cannot be written (No space left on device)" in line_of(run(split, SPLIT))
    assert not list((tmp_path / "metrics").iterdir())


def test_a_device_that_is_not_there_is_named(run, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    change(device="cuda")
    assert "device is 'cuda', and this machine has none" in line_of(run(split, SPLIT))


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted; run `dvc repro` to go on"),
        (UserError("lr is too high"), 1, "lr is too high"),
        (FileNotFoundError(2, "No such file or directory", "b.npz"), 1, "b.npz: No such file or directory"),
        (OSError(28, "No space left on device"), 1, "input or output: No space left on device"),
        (MemoryError(), 1, "out of memory (MemoryError)"),
        (RuntimeError("CUDA out of memory. Tried 2 GiB.\nSee"), 1, "out of memory (CUDA out of memory. Tried 2 GiB. "),
    ],
    ids=repr,
)
def test_a_failure_that_is_no_bug_is_one_line(error, status, words, probe):
    found, _, errors = probe(fails_with(error))
    assert (found, errors.count("\n")) == (status, 1)
    assert errors.startswith(f"error in stage test_runner-metrics-m: {words}")


def test_a_stage_turns_ctrl_c_into_an_interrupt(probe):
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # as stages/__init__.py leaves it
    found = []
    probe(lambda *_: found.append(signal.getsignal(signal.SIGINT)))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    assert found == [signal.default_int_handler]


def test_torch_without_memory_is_one_line(probe):
    assert "out of memory (" in line_of(probe(lambda *_: torch.ones(2**50)))


def write_record(**sums):
    """Write a dvc.lock with these checksums of a stage's inputs, and one of the stage's own old output."""
    outs = [{"path": f"{name}.{suffix}", "md5": sums[name]} for name, suffix in (("t", "csv"), ("a", "npz"))]
    own = {"cmd": "python -m stages.test_runner --metrics metrics/m.json", "outs": [{"path": "t.csv", "md5": "0"}]}
    stages = {"made": {"cmd": "python -m stages.made --out t.csv", "outs": outs}, "probe": own}
    Path("dvc.lock").write_text(yaml.safe_dump({"stages": stages}))


def multiply(_, arrays):
    load_arrays(arrays)["logits"] @ [1, 2, 3]


def test_an_input_that_differs_from_dvc_lock_is_named_instead_of_a_traceback(probe):
    write_record(t="0", a=hashlib.md5(Path("a.npz").read_bytes()).hexdigest())
    line = line_of(probe(multiply))
    assert line.startswith("error in stage test_runner-metrics-m: t.csv: is not what dvc.lock records")
    assert f"ValueError in tests/pipeline/test_runner.py:{multiply.__code__.co_firstlineno + 1}: " in line
    assert "`git checkout t.csv`" in line


@pytest.mark.parametrize("record", ["none", "nonsense", "these"])
def test_a_bug_stays_an_exception_where_the_inputs_are_as_recorded(record, run):
    if record == "nonsense":
        Path("dvc.lock").write_text("[")
    elif record == "these":
        write_record(
            **{path.stem: hashlib.md5(path.read_bytes()).hexdigest() for path in map(Path, ("t.csv", "a.npz"))}
        )

    def main(params: Params, *, table: Path, arrays: Path, metrics: Path) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(main, PROBE)


def test_runs_of_one_script_have_their_own_names_and_locks(monkeypatch):
    names, locks = set(), set()
    for model in ("convnet", "relu_mlp"):
        output = Path(f"data/predictions/handwriting/{model}.npz")
        values = {"data": Path("data/prepared/handwriting.npz"), "predictions": output, "curves": None}
        monkeypatch.delenv("DVC_STAGE", raising=False)
        names |= {runner._name("evaluate", values)}
        by_hand = runner._lock("evaluate", values)
        monkeypatch.setenv("DVC_STAGE", f"evaluate@{model}")
        names |= {runner._name("evaluate", values)}
        assert runner._lock("evaluate", {**values, "predictions": output.resolve()}) == by_hand
        locks |= {by_hand}
    by_item = {"evaluate@convnet", "evaluate@relu_mlp"}
    assert names == {"evaluate-handwriting-convnet", "evaluate-handwriting-relu_mlp"} | by_item
    assert len(locks) == 2


def start(words, folder, **environment):
    env = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=60)


def test_a_stage_in_another_folder_writes_nothing_there(tmp_path):
    ended = start(["-m", "stages.split", *SPLIT], tmp_path)
    line_of((ended.returncode, ended.stdout, ended.stderr))
    assert "params.yaml: no such file" in ended.stderr
    assert not any(tmp_path.iterdir())


def test_an_ascii_terminal_shows_other_letters_as_escapes(run, tmp_path):
    (tmp_path / "greet.py").write_text(
        "from vision.pipeline.runner import run\n\ndef main(params):\n    print('Gr\\xf6\\xdfe')\n\nrun(main)\n"
    )
    ended = start(["greet.py"], tmp_path, LC_ALL="C", PYTHONUTF8="0", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stdout) == (0, "Gr\\xf6\\xdfe\n"), ended.stderr
