"""`make verify` rebuilds a commit beside it: identical, within tolerance, different, or impossible to run."""

import re
import shutil
import signal
import sys

import pytest
import yaml

from tests.mirrors import md5
from tests.repositories import dvc, git
from tests.running import end, residents, start, wait_for
from tests.scratch import ROOT

pytestmark = pytest.mark.slow
# A pipeline of four quick stages; NOISE makes it another processor's, FAIL lets a stage fail, WAIT lets it last.
WORK = """
import json, os, sys, time
import numpy as np
stage, source, *written = sys.argv[1:]
noise = float(os.environ.get("NOISE", 0))
for path in written:
    os.makedirs(os.path.dirname(path), exist_ok=True)
if os.environ.get("FAIL") == stage:
    sys.exit(f"error in stage {stage}: told to fail")
if os.environ.get("WAIT") == stage:
    time.sleep(600)
if stage == "train":
    seed = int(open(source).read().split()[1])
    weights = np.random.default_rng(seed).normal(size=5) * (1 + noise)
    np.savez(open(written[0], "wb"), weights=weights)
    open(written[1], "w").write(f"epoch,loss\\n1,{weights.sum()}\\n")
if stage == "evaluate":
    weights = np.load(source)["weights"]
    np.savez(open(written[0], "wb"), probabilities=1 / (1 + np.exp(-weights)))
    accuracy = 1 / (1 + np.exp(-weights[0]))
    rows = [f"test.accuracy,{accuracy},{accuracy - 0.05},{accuracy + 0.05},100", f"confidence,{weights.max()},,,"]
    open(written[1], "w").write("\\n".join(["name,value,low,high,n", *rows, ""]))
if stage == "claims":
    verdict = "supported" if float(open(source).read().split(",")[5]) < 0.6 else "refuted"
    open(written[0], "w").write(f"id,verdict\\nA1.low,{verdict}\\n")
if stage == "draw":
    open(written[0], "w").write("<svg>" + "o" * len(open(source).read()))
"""
STAGES = {
    "train": ("params.yaml", ["models/net.npz"], ["plots/curves.csv"]),
    "evaluate": ("models/net.npz", ["data/predictions.npz"], ["plots/net/scores.csv"]),
    "claims": ("plots/net/scores.csv", [], ["plots/claims/claims.csv"]),
    "draw": ("plots/net/scores.csv", [], ["plots/net.svg"]),
}
OUTPUTS = 6


def described(name, source, cached, tracked):
    stage = {"cmd": " ".join(["python work.py", name, source, *cached, *tracked]), "deps": ["work.py"]}
    stage |= {"params": ["seed"]} if source == "params.yaml" else {"deps": ["work.py", source]}
    return stage | {"outs": cached, "plots": [{path: {"cache": False}} for path in tracked]}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The quick pipeline, run and committed."""
    folder = tmp_path_factory.mktemp("made").resolve()
    (folder / "work.py").write_text(WORK)
    (folder / "params.yaml").write_text("seed: 0\n")
    stages = {name: described(name, *files) for name, files in STAGES.items()}
    (folder / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    (folder / ".gitignore").write_text("/models/\n/data/\n")
    git(folder, "init", "--quiet")
    dvc(folder, "init", "--quiet")
    dvc(folder, "repro")
    commit(folder)
    return folder


@pytest.fixture
def repository(made, tmp_path):
    return shutil.copytree(made, tmp_path.resolve() / "repository", symlinks=True)


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "results")


def start_verify(folder, *words, **environment):
    """Start the program in a repository, with a temporary folder of its own beside it.

    Its name is short, since a socket's is limited.
    """
    temporary = folder.parent / "t"
    temporary.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "vision.evidence.verify", *words]
    return start(command, folder, env={"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), **environment})


def verify(folder, *words, **environment):
    """Run it; return its status and its output, of which the last line is its judgement."""
    status, out, errors = end(start_verify(folder, *words, **environment), seconds=600)
    assert "Traceback" not in errors, errors
    assert list((folder.parent / "t").iterdir()) == []
    return status, out + (errors if not out else "")


def test_untouched_commit_is_identical_and_left_alone(repository, tmp_path):
    def everything():
        files = [path for path in repository.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
        return {path: path.read_bytes() for path in files}

    before = everything()
    status, out = verify(repository, "--keep", str(tmp_path / "rebuilt"))
    assert (status, out.splitlines()[-1]) == (0, f"identical: {OUTPUTS} outputs: {OUTPUTS} identical")
    assert everything() == before
    assert (tmp_path / "rebuilt/rebuilt/models/net.npz").exists()


@pytest.mark.parametrize("forged", [False, True], ids=["edited", "edited with dvc.lock"])
def test_edited_metric_is_different(forged, repository):
    """Also where it lies within its interval: no other file of the rebuild differs."""
    path, lock = repository / "plots/net/scores.csv", repository / "dvc.lock"
    old, value = md5(path), path.read_text().split(",")[5]
    path.write_text(path.read_text().replace(value, str(float(value) + 0.01), 1))
    if forged:
        lock.write_text(lock.read_text().replace(old, md5(path)))
    commit(repository)
    status, out = verify(repository)
    assert status == 1, out
    assert ("not the content that dvc.lock records" in out) == (not forged)
    assert ("different: plots/net/scores.csv" in out) or not forged


def test_record_of_other_parameters_is_different_although_every_output_is_the_same(repository):
    lock = repository / "dvc.lock"
    lock.write_text(re.sub(r"seed: 0", "seed: 5", lock.read_text()))
    commit(repository)
    status, out = verify(repository)
    assert (status, "dvc.lock: results of another seed\n" in out, f"{OUTPUTS} identical" in out) == (1, True, True)


def test_another_processor_is_within_tolerance_unless_a_verdict_changes(repository):
    status, out = verify(repository, NOISE="0.001")
    assert status == 3, out
    assert out.splitlines()[-1].startswith("within tolerance: ")
    assert "within tolerance: plots/net/scores.csv" in out
    status, out = verify(repository, NOISE="10")
    assert status == 1
    assert re.search(r"A1.low (supported|refuted), now (supported|refuted)", out), out


def test_failed_stage_and_what_follows_are_not_compared(repository):
    """Another cache, which holds this very run, is not taken for it."""
    settings = repository.parent / "settings"
    settings.mkdir()
    (settings / "config").write_text(f"[cache]\n    dir = {repository}/.dvc/cache\n")
    status, out = verify(repository, FAIL="evaluate", DVC_GLOBAL_CONFIG_DIR=str(settings), GIT_DIR=str(ROOT / ".git"))
    assert status == 2
    assert "evaluate: told to fail" in out
    assert "claims: did not run" in out
    assert "2 identical, 4 not compared" in out


def test_mistake_is_one_line(repository):
    def refused(named, *words):
        status, out = verify(repository, *words)
        assert (status, out.count("\n"), out[:7]) == (2, 1, "error: ")
        assert named in out

    refused("nosuch", "nosuch")
    (repository / "params.yaml").write_text("seed: 1\n")
    refused("params.yaml differs")
    (repository / "dvc.lock").write_text("schema: '2.0'\nstages: [1]\n")
    commit(repository)
    refused("dvc.lock: not a lock file")
    (repository / "dvc.lock").unlink()
    commit(repository)
    refused("dvc.lock records no output")


def test_interrupt_leaves_nothing_behind(repository):
    process = start_verify(repository, WAIT="evaluate")
    temporary = repository.parent / "t"
    rebuilt = wait_for(lambda: next(temporary.glob("*/rebuilt"), None), "the clone")
    wait_for(lambda: (rebuilt / "models/net.npz").exists() and len(residents(rebuilt)) >= 2, "the second stage")
    process.send_signal(signal.SIGINT)
    status, _, errors = end(process)
    assert status == 2
    assert errors.splitlines()[-1].startswith("error: interrupted")
    assert list(temporary.iterdir()) == []
    wait_for(lambda: not residents(rebuilt), "the end of what it started")
