"""A rebuild beside the commit says what came out otherwise, finds what was forged, and leaves the original alone."""

import json
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import yaml

from tests.repositories import TINY, dvc, git
from tests.running import change, end, residents, start, wait_for
from tests.scratch import ROOT, make_scratch
from vision.evidence.rebuild.records import checksum

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
    test = {"images": 100, "accuracy": accuracy, "accuracy_low": accuracy - 0.05, "accuracy_high": accuracy + 0.05}
    json.dump({"test": test | {"confidence": weights.max()}}, open(written[1], "w"))
if stage == "statements":
    verdict = "holds" if json.load(open(source))["test"]["accuracy"] < 0.6 else "does not hold"
    open(written[0], "w").write(f"row,statement,measured,verdict\\nA1,It is low.,0,{verdict}\\n")
if stage == "draw":
    open(written[0], "w").write("<svg>" + "o" * len(open(source).read()))
"""
STAGES = {
    "train": ("params.yaml", ["models/net.npz"], ["plots/curves.csv"]),
    "evaluate": ("models/net.npz", ["data/predictions.npz"], ["metrics/net.json"]),
    "statements": ("metrics/net.json", [], ["plots/statements/000.csv"]),
    "draw": ("metrics/net.json", [], ["plots/net.svg"]),
}
OUTPUTS = 6


def described(name, source, cached, tracked):
    stage = {"cmd": " ".join(["python work.py", name, source, *cached, *tracked]), "deps": ["work.py"]}
    stage |= {"params": ["seed"]} if source == "params.yaml" else {"deps": ["work.py", source]}
    return stage | {"outs": cached, "metrics": [{path: {"cache": False}} for path in tracked]}


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
    command = [sys.executable, "-m", "vision.evidence.rebuild.verification", *words]
    return start(command, folder, env={"PYTHONPATH": str(ROOT), "TMPDIR": str(temporary), **environment})


def verify(folder, *words, **environment):
    """Run it; return its status and its output, of which the last line is its judgement."""
    status, out, errors = end(start_verify(folder, *words, **environment), seconds=600)
    assert "Traceback" not in errors, errors
    assert list((folder.parent / "t").iterdir()) == []
    return status, out + (errors if not out else "")


def everything(folder):
    """Every file with its bytes, those of git and DVC too; Python's own caches are no part of it."""
    found = [path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def forge(folder, path, content):
    """Put other content into a file, and its checksum into dvc.lock wherever the old one stands."""
    lock, old = folder / "dvc.lock", checksum(folder / path)
    (folder / path).write_text(content)
    lock.write_text(lock.read_text().replace(old, checksum(folder / path)))


def test_an_untouched_commit_is_identical_and_left_alone(repository):
    before = everything(repository)
    status, out = verify(repository)
    assert status == 0
    assert out.splitlines()[-1].startswith("identical: ")
    assert f"{OUTPUTS} identical" in out
    assert "torch" in out
    assert "not recorded" in out
    assert everything(repository) == before


def test_a_part_with_what_it_needs(repository):
    status, out = verify(repository, "evaluate", "--verbose")
    assert (status, out.splitlines()[-1].split(", ", 1)[1]) == (0, "2 stages, 4 outputs: 4 identical")
    assert "identical: models/net.npz" in out


def test_a_changed_weight(repository):
    np.savez(repository / "models/net.npz", weights=np.zeros(5))
    status, out = verify(repository)
    assert status == 1
    assert "models/net.npz: the file in the working tree" in out


def test_a_damaged_cache(repository):
    cached = next(path for path in (repository / ".dvc/cache/files/md5").rglob("*") if path.is_file())
    cached.chmod(0o644)
    cached.write_bytes(b"other")
    status, out = verify(repository)
    assert status == 1
    assert "DVC's cache is damaged" in out


def test_a_changed_seed(repository):
    (repository / "params.yaml").write_text("seed: 1\n")
    commit(repository)
    status, out = verify(repository)
    assert status == 1
    assert "seed was 0 and is 1 (train)" in out
    assert "metrics/net.json" in out


@pytest.mark.parametrize("recorded", [False, True], ids=["edited", "edited with dvc.lock"])
def test_an_edited_metric(recorded, repository):
    """Also where it lies within its interval: no other file of the rebuild differs."""
    metrics = json.loads((repository / "metrics/net.json").read_text())
    metrics["test"]["accuracy"] += 0.01
    if recorded:
        forge(repository, "metrics/net.json", json.dumps(metrics))
    else:
        (repository / "metrics/net.json").write_text(json.dumps(metrics))
    commit(repository)
    status, out = verify(repository)
    assert status == 1, out
    assert ("the committed file is not the one that dvc.lock records" in out) == (not recorded)
    assert "different: metrics/net.json" in out
    assert "test.accuracy: " in out


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("metrics/net.json", '"images": 100', '"images": 90'),
        ("plots/net.svg", "oo", "ox"),
        ("plots/curves.csv", "1,", "1,9"),
    ],
)
def test_what_has_no_interval_and_differs_alone_was_edited(path, old, new, repository):
    forge(repository, path, (repository / path).read_text().replace(old, new, 1))
    commit(repository)
    status, out = verify(repository)
    assert status == 1
    assert f"different: {path}" in out


@pytest.mark.parametrize("where", ["once", "everywhere"])
def test_a_forged_checksum_of_weights(where, repository):
    lock, old = repository / "dvc.lock", checksum(repository / "models/net.npz")
    lock.write_text(lock.read_text().replace(old, "0123456789abcdef" * 2, 1 if where == "once" else -1))
    commit(repository)
    (repository / "models/net.npz").unlink()  # as in a fresh clone, where no file speaks against it
    status, out = verify(repository)
    assert status == 1
    assert ("not the same file where it was written" in out) == (where == "once")
    assert "different: models/net.npz" in out


@pytest.mark.parametrize("how", ["stale", "missing", "other code"])
def test_a_record_that_a_run_would_rewrite(how, repository):
    """Although every output is the same."""
    lock = yaml.safe_load((repository / "dvc.lock").read_text())
    if how == "stale":
        lock["stages"]["gone"] = lock["stages"]["draw"]
    elif how == "missing":
        del lock["stages"]["draw"]  # all its outputs are in git
    else:
        lock["stages"]["draw"]["deps"][0]["md5"] = "0" * 32
    (repository / "dvc.lock").write_text(yaml.safe_dump(lock))
    commit(repository)
    status, out = verify(repository)
    assert status == 1, out
    assert "dvc.lock" in out


def test_a_forged_parameter(repository):
    lock = repository / "dvc.lock"
    lock.write_text(lock.read_text().replace("seed: 0", "seed: 5"))
    commit(repository)
    status, out = verify(repository)
    assert status == 1
    assert "seed was 5 and is 0" in out


def test_another_processor_is_within_tolerance(repository):
    status, out = verify(repository, NOISE="0.001")
    assert status == 3, out
    assert out.splitlines()[-1].startswith("within tolerance: ")
    for path in ("models/net.npz", "data/predictions.npz", "metrics/net.json", "plots/curves.csv"):
        assert re.search(rf"^(within tolerance|not judged): {path}\n +\S.* committed, .* new$", out, re.MULTILINE), out


def test_weights_alone_are_judged_by_nothing(repository):
    status, out = verify(repository, "train", NOISE="0.001")
    assert status == 2
    assert "nothing that was rebuilt judges it" in out


def test_a_changed_verdict(repository):
    status, out = verify(repository, NOISE="10")
    assert status == 1
    assert "changed verdict: plots/statements/000.csv: A1, It is low. " in out


def test_a_stage_that_fails(repository):
    status, out = verify(repository, FAIL="evaluate")
    assert status == 2
    assert "evaluate failed: told to fail" in out
    assert "statements did not run" in out
    assert "2 identical, 4 not compared" in out


def test_a_stage_that_is_not_recorded(repository):
    lock = yaml.safe_load((repository / "dvc.lock").read_text())
    del lock["stages"]["train"]
    (repository / "dvc.lock").write_text(yaml.safe_dump(lock))
    git(repository, "rm", "--quiet", "plots/curves.csv")
    commit(repository)
    status, out = verify(repository, "train")
    assert status == 2
    assert out.count("nothing of it is committed") == 2


def test_nobody_elses_cache_or_settings(repository, tmp_path):
    """Another cache holds this very run: its results are not taken."""
    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "config").write_text(f"[cache]\n    dir = {repository}/.dvc/cache\n")
    before = everything(repository)
    status, out = verify(repository, DVC_GLOBAL_CONFIG_DIR=str(settings), FAIL="train", GIT_DIR=str(ROOT / ".git"))
    assert status == 2
    assert "train failed" in out
    assert everything(repository) == before


def test_a_kept_folder(repository, tmp_path):
    status, _ = verify(repository, "train", "--keep", str(tmp_path / "kept"))
    assert status == 0
    assert (tmp_path / "kept/rebuilt/models/net.npz").exists()
    assert "train" in (tmp_path / "kept/log").read_text()
    status, out = verify(repository, "train", "--keep", str(tmp_path / "kept"))
    assert (status, out.count("\n")) == (2, 1)
    assert (tmp_path / "kept/rebuilt/models/net.npz").exists()


def mistakes():
    """What a user may do wrong, each with what the one line must say."""

    def edit(folder):
        (folder / "params.yaml").write_text("seed: 1\n")

    def remove_lock(folder):
        git(folder, "rm", "--quiet", "dvc.lock")
        commit(folder)

    def damage_lock(folder):
        (folder / "dvc.lock").write_text("schema: '2.0'\nstages: [1]\n")
        commit(folder)

    def remove_git(folder):
        shutil.rmtree(folder / ".git")

    def nothing(folder):
        pass

    return [
        (nothing, ["nosuch"], "nosuch"), (edit, [], "params.yaml"), (remove_lock, [], "no dvc.lock"),
        (damage_lock, [], "dvc.lock cannot be read"), (remove_git, [], "git"),
    ]  # fmt: skip


@pytest.mark.parametrize(("do", "words", "named"), mistakes())
def test_a_mistake_is_one_line(do, words, named, repository):
    do(repository)
    status, out = verify(repository, *words)
    assert (status, out.count("\n")) == (2, 1), out
    assert out.startswith("error: ")
    assert named in out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_leaves_nothing(number, repository):
    process = start_verify(repository, WAIT="evaluate")
    temporary = repository.parent / "t"
    rebuilt = wait_for(lambda: next(temporary.glob("*/rebuilt"), None), "the clone")
    wait_for(lambda: (rebuilt / "models/net.npz").exists() and len(residents(rebuilt)) >= 2, "the second stage")
    process.send_signal(number)
    status, _, errors = end(process)
    assert status == 2
    assert errors.splitlines()[-1].startswith("error: interrupted")
    assert list(temporary.iterdir()) == []
    wait_for(lambda: not residents(rebuilt), "the end of what it started")


def test_help_says_every_status():
    words = subprocess.run(
        [sys.executable, "-m", "vision.evidence.rebuild.verification", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    ).stdout
    for status in ("0 identical", "3 within tolerance", "1 different", "2 could not run"):
        assert status in words


@pytest.mark.parametrize("document", ["002", "007"])
def test_make_takes_a_document(document, tmp_path):
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("Makefile", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (programs / "python").write_text('#!/bin/sh\necho "$@"\n')
    (programs / "python").chmod(0o755)
    (tmp_path / ".venv/installed").touch()
    status, out, errors = end(start(["make", "--silent", "verify", f"DOCUMENT={document}", "KEEP=a b"], tmp_path))
    if document == "002":
        assert (status, errors) == (0, "")
        assert out.split()[:4] == ["-m", "vision.evidence.rebuild.verification", "--keep", "a"]
        assert "statements_002" in out.split()
    else:
        assert (status, out) == (2, "")
        assert "DOCUMENT" in errors


def test_digits(tmp_path):
    """The real pipeline: an untouched commit to the bit, and one whose seed was changed without a run."""
    folder = tmp_path.resolve() / "scratch"
    make_scratch(folder, TINY)
    dvc(folder, "repro", "evaluate@softmax")
    commit(folder)
    before = everything(folder)
    status, out = verify(folder, "evaluate@softmax")
    assert status == 0, out
    assert everything(folder) == before
    change(folder, seed=1)
    commit(folder)
    status, out = verify(folder, "evaluate@softmax")
    assert status == 1
    assert "seed was 0 and is 1" in out
