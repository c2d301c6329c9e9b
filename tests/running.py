"""Run stages of dvc.yaml in a scratch copy, in this process or as processes of their own."""

import functools
import importlib
import inspect
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, suppress
from pathlib import Path
from unittest import mock

import joblib
import numpy as np
import psutil
import yaml

from tests.scratch import ROOT, make_scratch, merge
from vision.data.dataset import Dataset, Samples
from vision.pipeline.params import load_params
from vision.pipeline.process import fix_seeds_and_threads

PATIENCE_SECONDS = 60
ANY_ENTRY = {"role": "handwriting", "inputs": "handwriting", "document": "001"}  # of an unknown item


def make_small(folder: Path) -> Path:
    """Make a scratch copy whose raw handwriting is 240 images of noise, at once and without torch."""
    make_scratch(folder)
    noise = np.random.default_rng(0).integers(0, 256, (240, 1, 28, 28), np.uint8)
    split = Samples(noise, np.arange(240) % 10, np.arange(240))
    Dataset({"train": split, "test": split}, list("0123456789")).save(folder / "data/raw/handwriting.npz")
    return folder


def change(folder: Path, **changes: object) -> None:
    """Put values into params.yaml."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    merge(params, changes)
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))


def command(stage: str) -> list[str]:
    """The words of a stage's command in dvc.yaml; split@handwriting is its split stage for that item."""
    name, _, item = stage.partition("@")
    stage = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"][name]
    params = yaml.safe_load((ROOT / "params.yaml").read_text())

    def find(path: str) -> object:
        return functools.reduce(dict.get, path.split("."), params)

    if "foreach" in stage:
        entry = find(stage["foreach"][2:-1]).get(item, ANY_ENTRY)
        params |= {"key": item, "item": entry}
        stage = stage["do"]
    for variables in stage.get("vars", []):
        params |= variables
    cmd = re.sub(r"\$\{([\w.]+)\}", lambda match: str(find(match[1])), stage["cmd"])
    return [sys.executable, *cmd.split()[1:]]


def call(words: list[str], folder: Path) -> None:
    """Call the main of a stage with the flags of its command, in this process: the same work without the start-up."""
    main = importlib.import_module(words[2]).main
    flags = {name: given for name, given in inspect.signature(main).parameters.items() if name != "params"}
    values = {flag[2:].replace("-", "_"): value for flag, value in zip(words[3::2], words[4::2], strict=True)}
    assert values.keys() <= flags.keys()
    values = {name: value if flags[name].annotation is str else Path(value) for name, value in values.items()}
    with chdir(folder), joblib.parallel_config("sequential"):
        params = load_params(Path("params.yaml"))
        fix_seeds_and_threads(seed=params.seed, threads=params.threads)
        main(params, **dict.fromkeys(flags.keys() - values.keys()), **values)


@contextmanager
def stages_in_process(folder: Path) -> Iterator[None]:
    """Let DVC call the stages of a scratch copy in this process: to start one for each takes longer than the work."""
    import dvc.stage.run  # it takes a second to import

    def run(_: object, cmd: str, **options: object) -> None:
        call(shlex.split(cmd), folder)

    with mock.patch.object(dvc.stage.run, "_run", run):
        yield


def start(words: list[str], folder: Path, **options: object) -> subprocess.Popen:
    """Start a command in a scratch copy with both its streams as pipes."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(folder)} | options.pop("env", {})
    pipe = subprocess.PIPE
    return subprocess.Popen(words, cwd=folder, env=environment, stdout=pipe, stderr=pipe, text=True, **options)


def end(process: subprocess.Popen, seconds: float = PATIENCE_SECONDS) -> tuple[int, str, str]:
    """Wait for a process; return its exit status, its output and its errors."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()  # what it started ends with it
        raise
    return process.returncode, out, err


def files(folder: Path) -> set[str]:
    """All files in a folder except those of DVC, git and Python."""
    tools = {".dvc", ".git", "__pycache__"}
    paths = {path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir()}
    return {str(path) for path in paths if not tools & set(path.parts)}


def wait_for(happened: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> object:
    """Wait until a call returns something true; return that."""
    stop = time.monotonic() + seconds
    while not (result := happened()):
        assert time.monotonic() < stop, f"waited {seconds} s for {what}"
        time.sleep(0.02)
    return result


def residents(folder: Path) -> list[psutil.Process]:
    """All processes whose current folder this is, oldest first, without zombies."""
    started = {}
    for process in psutil.process_iter():
        with suppress(psutil.Error):  # it has just ended
            if Path(process.cwd()) == folder and process.status() != psutil.STATUS_ZOMBIE:
                started[process] = process.create_time()
    return sorted(started, key=started.get)


def words_of(process: psutil.Process) -> list[str]:
    """The command line of a process; none if it has ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []
