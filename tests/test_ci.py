"""Continuous integration: nothing runs that the repository did not bring, whatever a branch or a mirror holds."""

import os
import re
import shutil
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.running import end, files, start
from tests.scratch import ROOT

WORKFLOW = ROOT / ".github/workflows/ci.yml"
CIFAR = "cifar-10-batches-py"


def write_program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def repository(tmp_path):
    """The Makefile and .ci/run with stand-ins for what they call, each of which writes down how it was called."""
    folder = tmp_path.resolve() / "repository"
    (folder / ".ci").mkdir(parents=True)
    for name in ("Makefile", ".ci/run", "requirements.txt"):
        shutil.copy(ROOT / name, folder / name)
    programs = folder / ".venv/bin"
    write_program(programs / "python", 'printf "%s\\n" "$@" > called-python; echo "${VERSION:-3.11}"')
    write_program(
        programs / "dvc", 'echo "$@" > called-dvc; cat "$DATA_MIRROR"/*/* > seen; echo "$DATA_MIRROR" > where'
    )
    for name in ("make", "git"):
        write_program(folder / "stand-ins" / name, "exit 0")
    (folder / ".venv/installed").touch()
    return folder


BASES = [
    "main; touch X",
    "$(shell touch X)",
    "$(touch X)",
    "`touch X`",
    '"; touch X; "',
    "' ; touch X ; '",
    "main\ntouch X",
    "$$(touch X)",
    "${PATH}",
    "$(eval X := $(shell touch X))",
    "origin/a$b&|<>c#d",
    "--help",
]


@pytest.mark.parametrize(("target", "module"), [("pr-report", "pull_request"), ("gate", "gate")])
@pytest.mark.parametrize("way", ["word", "environment"])
@pytest.mark.parametrize("base", BASES)
def test_a_base_is_a_name_and_no_command(base, way, target, module, repository):
    words = ["make", "--silent", target]
    if way == "word":
        status, _, errors = end(start([*words, f"BASE={base}"], repository))
    else:
        status, _, errors = end(start(words, repository, env={"BASE": base}))
    assert (status, errors) == (0, "")
    assert (repository / "called-python").read_text() == f"-m\nvision.evidence.change.{module}\n{base}\n"
    assert not (repository / "X").exists()


def test_the_base_is_main_by_default(repository):
    assert end(start(["env", "-u", "BASE", "make", "pr-report"], repository))[0] == 0
    assert (repository / "called-python").read_text().splitlines()[-1] == "main"


@pytest.fixture
def mirror(tmp_path):
    """A mirror with CIFAR-10 packed beside a program, in an archive that would also write into the rest."""
    folder = tmp_path.resolve() / "mirror"
    for name in ("mnist", "fashion_mnist"):
        (folder / name).mkdir(parents=True)
        (folder / name / "images").write_text(f"{name}\n")
    write_program(folder / "unpack", f"touch {tmp_path}/ran; mkdir -p {folder}/{CIFAR}")
    with tarfile.open(folder / f"{CIFAR}.tar.xz", "w:xz") as archive:
        (tmp_path / "batch").write_text("cifar\n")
        for name in (f"{CIFAR}/data_batch_1", "mnist/forged"):
            archive.add(tmp_path / "batch", name)
    return folder


def run_ci(repository, **environment):
    path = f"{repository}/stand-ins:{os.environ['PATH']}"
    temporary = repository / "temporary"
    temporary.mkdir()
    words = ["env", f"PATH={path}", f"TMPDIR={temporary}", ".ci/run"]
    status, out, errors = end(start(words, repository, env=environment))
    assert (status, errors) == (0, ""), out
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("relative", [False, True])
def test_a_mirror_is_read_and_not_run(relative, repository, mirror, tmp_path):
    before = files(mirror)
    run_ci(repository, DATA_MIRROR="../mirror" if relative else str(mirror))
    assert (repository / "called-dvc").read_text() == "repro split@handwriting split@fashion split@colour\n"
    assert sorted((repository / "seen").read_text().split()) == ["cifar", "fashion_mnist", "mnist"]
    assert files(mirror) == before
    assert not (tmp_path / "ran").exists()


def test_an_unpacked_mirror_is_used_where_it_is(repository, mirror):
    (mirror / CIFAR).mkdir()
    (mirror / CIFAR / "data_batch_1").write_text("already\n")
    run_ci(repository, DATA_MIRROR=str(mirror))
    assert (repository / "where").read_text() == f"{mirror}\n"
    assert "already" in (repository / "seen").read_text()


@pytest.mark.parametrize("absent", [["fashion_mnist"], [f"{CIFAR}.tar.xz"]])
def test_what_a_mirror_lacks_is_not_asked_for(absent, repository, mirror):
    for name in absent:
        shutil.move(mirror / name, repository.parent)
    run_ci(repository, DATA_MIRROR=str(mirror))
    lacking = {"fashion_mnist": "split@fashion"}.get(absent[0], "split@colour")
    assert lacking not in (repository / "called-dvc").read_text()
    assert "split@handwriting" in (repository / "called-dvc").read_text()


@pytest.mark.parametrize("environment", [{"VERSION": "3.13"}, {"DATA_MIRROR": "https://example.org"}])
def test_results_are_compared_where_they_can_be(environment, repository, mirror):
    run_ci(repository, **{"DATA_MIRROR": str(mirror), **environment})
    assert not (repository / "called-dvc").exists()


def test_every_action_is_pinned():
    used = re.findall(r"uses:\s*(.*)", WORKFLOW.read_text())
    assert len(used) == 6
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def jobs():
    return yaml.safe_load(WORKFLOW.read_text())["jobs"]


def commands(job):
    return [step["run"] for step in jobs()[job]["steps"] if "run" in step]


def test_no_command_of_the_workflow_holds_what_others_chose():
    assert ".ci/run" in commands("test")
    assert any("pr-report" in command for command in commands("report"))
    assert not [command for job in jobs() for command in commands(job) if "${{" in command]


def test_the_summary_comes_before_the_gate():
    places = [place for word in ("pr-report", "gate") for place, run in enumerate(commands("report")) if word in run]
    assert places == sorted(places)
    assert len(places) == 2


def test_what_may_write_runs_nothing_of_the_repository():
    """The token of every other job reads only; the job that comments takes a file and checks nothing out."""
    assert yaml.safe_load(WORKFLOW.read_text())["permissions"] == {"contents": "read"}
    assert {name for name, job in jobs().items() if "permissions" in job} == {"comment"}
    comment = jobs()["comment"]
    assert comment["permissions"] == {"pull-requests": "write"}
    assert "head.repo.full_name == github.repository" in comment["if"]  # a fork's token may not write
    assert [step["uses"].split("@")[0] for step in comment["steps"] if "uses" in step] == ["actions/download-artifact"]
    assert all(re.match(r"gh pr comment .*--body-file report\.md$", run) for run in commands("comment"))


@pytest.mark.parametrize("works", [True, False])
def test_the_summary_is_written_also_where_there_can_be_no_report(works, repository):
    shutil.rmtree(repository / "stand-ins")
    program = "echo the page" if works else "echo half; echo 'error: a <b>file' >&2; exit 1"
    write_program(repository / ".venv/bin/python", program)
    summary = repository / "summary"
    (command,) = [run for run in commands("report") if "pr-report" in run]
    words = ["bash", "-e", "-o", "pipefail", "-c", command]
    status, _, errors = end(start(words, repository, env={"GITHUB_STEP_SUMMARY": str(summary), "BASE": "main"}))
    assert status == 0
    line = "the page" if works else "No report: the log of this job says why."
    assert summary.read_text() == (repository / "report.md").read_text() == f"{line}\n"
    assert works or "error: a <b>file" in errors


def test_the_workflow_runs_every_supported_python():
    matrix = yaml.safe_load(WORKFLOW.read_text())["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13"]
