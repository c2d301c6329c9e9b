"""A stage that cannot do its work says so in one line, with status 1, and leaves no output behind."""

import csv
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.mirrors import damage
from tests.running import change, command, end, files, make_small, start, with_flag
from vision.pipeline.runner import _lock, _name

SPLIT, TRAIN = command("split@handwriting"), command("train_convnet")
PROBE = """
from pathlib import Path
from vision.pipeline.files import load_arrays
from vision.pipeline.runner import run
from vision.pipeline.schema import Params
from vision.pipeline.tables import read_table

def main(params: Params, *, table: Path, arrays: Path, metrics: Path) -> None:
    exec((arrays.parent / "body.py").read_text())

if __name__ == "__main__":
    run(main)
"""
PROBING = [sys.executable, "-m", "stages.probe", "--table", "t.csv", "--arrays", "a.npz", "--metrics", "metrics/m.json"]


@pytest.fixture
def scratch(tmp_path):
    return make_small(tmp_path / "scratch")


def refusal(words, folder, *, written=frozenset(), **options):
    """The one line of a stage that failed as it should, having written no file but these."""
    before = files(folder)
    status, _, errors = end(start(words, folder, **options))
    assert status == 1, errors
    assert errors.startswith("error in stage "), errors
    assert errors.count("\n") == 1, errors
    assert files(folder) - before <= written
    return errors


def test_flags_are_required_and_known(scratch):
    for words, culprit in ((SPLIT[:-2], "--metrics"), ([*SPLIT, "--colour", "red"], "--colour")):
        status, _, errors = end(start(words, scratch))
        assert status == 2
        assert culprit in errors
        assert "Traceback" not in errors
    assert files(scratch / "metrics") == set()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dropuot": 0.5}, ["dropuot", "did you mean dropout?"]),
        ({"tsne": {"perplexty": 9}}, ["tsne.perplexty", "did you mean perplexity?"]),
        ({"lr": "fast"}, ["lr is 'fast'", "number"]),
        ({"lr": None}, ["lr is None", "number"]),
        ({"lr": True}, ["lr is True", "number"]),
        ({"lr": float("nan")}, ["lr is nan"]),
        ({"lr": -0.1}, ["lr is -0.1", "greater than 0"]),
        ({"epochs": 2.5}, ["epochs is 2.5", "integer"]),
        ({"dropout": 1}, ["dropout is 1", "less than 1"]),
        ({"device": "tpu"}, ["device is 'tpu'", "'cpu', 'cuda' or 'mps'"]),
        ({"subsets": {"fractions": [0.5, 2, 1]}}, ["subsets.fractions.1 is 2", "less than or equal to 1"]),
        ({"datasets": {"handwriting": "imagenet"}}, ["datasets.handwriting is 'imagenet'", "'mnist'"]),
        ({"tsne": {"iterations": 250}}, ["tsne.iterations is 250"]),  # scikit-learn gives no divergence after so few
        ({"split": {"valid_one_in": 1000}}, ["split.valid_one_in is 1000"]),
    ],
    ids=str,
)
def test_a_wrong_parameter_is_named_with_what_is_allowed(changes, words, scratch):
    change(scratch, **changes)
    line = refusal(SPLIT, scratch)
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "no such file"),
        (b"", "the file is None"),
        (b"- lr", "the file is "),
        (b"lr: [", "not YAML"),
        (b"lr: \xff\xfe", "not YAML"),
        (b"lr: 0.1", "optimizer is missing"),
        (b"!!python/object/apply:os.mkdir [sprung]", "not YAML"),
    ],
    ids=str,
)
def test_params_yaml_that_is_none(content, word, scratch):
    (scratch / "params.yaml").unlink()
    if content is not None:
        (scratch / "params.yaml").write_bytes(content)
    line = refusal(SPLIT, scratch)
    assert "params.yaml" in line
    assert word in line
    assert not (scratch / "sprung").exists()


def write_foreign(path, how):
    arrays = {"class_names": np.array(["a"]), "mean": np.empty(0), "std": np.empty(0)}
    with path.open("wb") as file:
        if how == "an npy file":
            np.save(file, np.arange(3))
        elif how == "other arrays":
            np.savez(file, numbers=np.arange(3))
        elif how == "half of the arrays":
            np.savez(file, **arrays)
        elif how == "objects":
            np.savez(file, **arrays, **{"train.inputs": np.array([{}])})


@pytest.mark.parametrize("how", ["missing", "a folder", "truncated", "flipped", "page", "empty"])
def test_a_damaged_input_is_named(how, scratch):
    damage(scratch / "data/raw/handwriting.npz", how)
    assert "data/raw/handwriting.npz: " in refusal(SPLIT, scratch)


@pytest.mark.parametrize("how", ["an npy file", "other arrays", "half of the arrays", "objects"])
def test_a_foreign_input_is_named(how, scratch):
    write_foreign(scratch / "data/raw/handwriting.npz", how)
    assert "data/raw/handwriting.npz: " in refusal(SPLIT, scratch)


def test_no_such_device(scratch):
    change(scratch, device="cuda")
    assert "device is 'cuda'" in refusal(TRAIN, scratch, env={"CUDA_VISIBLE_DEVICES": "-1"})


def test_no_such_role_and_no_such_model(scratch):
    assert "unheard" in refusal(with_flag(command("download@handwriting"), "--role", "unheard"), scratch)
    assert "unheard" in refusal(with_flag(TRAIN, "--model", "unheard"), scratch)


@pytest.mark.parametrize("flag", ["--prepared", "--metrics"])
def test_an_output_that_cannot_be_written_is_named(flag, scratch):
    (scratch / "file").touch()
    (scratch / "full").mkdir()
    (scratch / "full/.out.tmp").symlink_to("/dev/full")  # as on a disk without space; `replacing` writes there first
    (scratch / "locked").mkdir(mode=0o555)
    # Folders are locked for the superuser too once these rights are given up.
    humble = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"] if os.geteuid() == 0 else []
    places = {"file/out": [], "full/out": []}
    probe = scratch / "locked" / "probe"
    if not humble or shutil.which("setpriv"):
        locked = subprocess.run([*humble, "touch", str(probe)], capture_output=True, text=True)
        if "Permission denied" in locked.stderr:  # in some containers nobody can give up rights
            places["locked/out"] = humble
        probe.unlink(missing_ok=True)
    earlier = set() if flag == "--prepared" else {"data/prepared/handwriting.npz", "data/prepared/handwriting_test.npz"}
    for place, prefix in places.items():
        line = refusal([*prefix, *with_flag(SPLIT, flag, place)], scratch, written=earlier)
        assert f"{place}: cannot be written" in line
    assert not list(scratch.rglob(".*.tmp"))


def test_each_stage_that_ends_well_adds_its_time(scratch):
    for words, status in ((SPLIT, 0), (SPLIT, 0), (with_flag(SPLIT, "--raw", "nowhere"), 1)):
        assert end(start(words, scratch))[0] == status
    with (scratch / "timings.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["stage"] for row in rows] == ["split-handwriting"] * 2
    assert all(0 <= float(row["wall_seconds"]) < 60 and 10 <= float(row["peak_mebibytes"]) < 10000 for row in rows)


@pytest.mark.parametrize("obstacle", ["full", "a folder"])
def test_timings_that_cannot_be_written_are_a_warning(obstacle, scratch):
    if obstacle == "full":
        (scratch / "timings.csv").symlink_to("/dev/full")
    else:
        (scratch / "timings.csv").mkdir()
    status, _, errors = end(start(SPLIT, scratch))
    assert (status, errors.count("\n")) == (0, 1), errors
    assert errors.startswith("warning in stage split-handwriting: timings.csv not written (")
    assert (scratch / "metrics/handwriting.json").exists()


def test_a_stage_in_another_folder_leaves_nothing_there(tmp_path):
    line = refusal(SPLIT, tmp_path, env={"PYTHONPATH": os.getcwd()})
    assert "params.yaml: no such file" in line
    assert not any(tmp_path.iterdir())


@pytest.fixture
def probe(scratch):
    """A stage whose body is given as text."""
    (scratch / "stages/probe.py").write_text(PROBE)
    (scratch / "t.csv").write_text("run,score\n1,0.5\n")
    np.savez(scratch / "a.npz", logits=np.zeros((3, 2)))

    def start_probe(body, **options):
        (scratch / "body.py").write_text(body)
        return end(start(PROBING, scratch, **options))

    return start_probe


@pytest.mark.parametrize(
    "body",
    [
        "raise MemoryError",
        "import numpy; numpy.ones(2**55)",
        "import torch; torch.ones(2**50)",
        "raise RuntimeError('CUDA out of memory. Tried to allocate 2 GiB.\\nSee')",
    ],
)
def test_want_of_memory_is_one_line(body, probe):
    status, _, errors = probe(body)
    assert (status, errors.count("\n")) == (1, 1), errors
    assert errors.startswith("error in stage probe-metrics-m: out of memory ("), errors


@pytest.mark.parametrize("recorded", ["nothing", "nonsense", "these files", "others"])
def test_an_input_that_is_not_what_was_recorded_is_named_and_a_bug_stays_one(recorded, probe, scratch):
    sums = {name: hashlib.md5((scratch / name).read_bytes()).hexdigest() for name in ("t.csv", "a.npz")}
    outs = [{"path": name, "md5": "0" if recorded == "others" and name == "t.csv" else sums[name]} for name in sums]
    own = {"cmd": "python -m stages.probe --metrics metrics/m.json", "outs": [{"path": "metrics/m.json", "md5": "0"}]}
    stages = {"made": {"cmd": "python -m stages.made --out t.csv", "outs": outs}, "probe": own}
    if recorded != "nothing":
        (scratch / "dvc.lock").write_text("[" if recorded == "nonsense" else yaml.safe_dump({"stages": stages}))
    (scratch / "metrics").mkdir(exist_ok=True)
    (scratch / "metrics/m.json").write_text("{}")
    for body in ("read_table(table)['round']", "read_table(table).round_", "load_arrays(arrays)['logits'] @ [1, 2, 3]"):
        status, _, errors = probe(body)
        assert status == 1
        if recorded == "others":
            assert errors.count("\n") == 1, errors
            assert errors.startswith("error in stage probe-metrics-m: t.csv: is not what dvc.lock records"), errors
            assert "`git checkout t.csv`" in errors
        else:
            assert "Traceback" in errors


def test_a_name_that_the_terminal_cannot_show_is_no_reason_to_fail(probe):
    ascii_locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    status, out, errors = probe("print('Gr\\xf6\\xdfe')", env=ascii_locale)
    assert (status, out) == (0, "Gr\\xf6\\xdfe\n"), errors


def test_a_run_is_called_as_dvc_calls_it(probe):
    assert "error in stage probe@item: out of memory" in probe("raise MemoryError", env={"DVC_STAGE": "probe@item"})[2]


def test_runs_of_one_script_have_names_and_locks_of_their_own(monkeypatch):
    names, locks = set(), set()
    for model in ("convnet", "relu_mlp"):
        output = Path(f"data/predictions/handwriting/{model}.npz")
        values = {"data": Path("data/prepared/handwriting.npz"), "predictions": output, "curves": None}
        monkeypatch.delenv("DVC_STAGE", raising=False)
        names |= {_name("evaluate", values)}
        by_hand = _lock("evaluate", values)
        monkeypatch.setenv("DVC_STAGE", f"evaluate@{model}")
        names |= {_name("evaluate", values)}
        assert _lock("evaluate", {**values, "predictions": output.resolve()}) == by_hand
        locks |= {by_hand}
    by_item = {"evaluate@convnet", "evaluate@relu_mlp"}
    assert names == {"evaluate-handwriting-convnet", "evaluate-handwriting-relu_mlp"} | by_item
    assert len(locks) == 2


def test_a_run_waits_for_a_run_with_the_same_output_alone(probe, scratch):
    (scratch / ".dvc/tmp/stages").mkdir(parents=True, exist_ok=True)
    for output, waits in (("other", False), ("m", True)):
        with (scratch / f".dvc/tmp/stages/probe-metrics-{output}.json.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            (scratch / "body.py").write_text("")
            process = start(PROBING, scratch)
            if waits:
                assert process.stderr.readline() == "waiting for another run of probe-metrics-m to end\n"
                fcntl.flock(lock, fcntl.LOCK_UN)
            assert end(process)[::2] == (0, "")
