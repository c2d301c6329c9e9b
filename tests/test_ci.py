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

WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text()
JOBS = yaml.safe_load(WORKFLOW)["jobs"]
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


@pytest.mark.parametrize(("target", "module"), [("pr-report", "pull_request"), ("gate", "gate")])
@pytest.mark.parametrize("base", ["$(shell touch X)", '"; touch X; "', "main\ntouch X", "origin/a$b&|<>c#d"])
def test_make_passes_a_branch_name_on_and_runs_none_of_it(base, target, module, repository):
    for words, environment in (([f"BASE={base}"], {}), ([], {"BASE": base})):
        status, _, errors = end(start(["make", "--silent", target, *words], repository, env=environment))
        assert (status, errors) == (0, "")
        assert (repository / "called-python").read_text() == f"-m\nvision.evidence.change.{module}\n{base}\n"
    assert not (repository / "X").exists()


def test_make_compares_with_main_by_default(repository):
    assert end(start(["env", "-u", "BASE", "make", "pr-report"], repository))[0] == 0
    assert (repository / "called-python").read_text().splitlines()[-1] == "main"


@pytest.mark.parametrize(("document", "status"), [("002", 0), ("007", 2)])
def test_make_verify_takes_a_document(document, status, repository):
    ended, _, errors = end(start(["make", "--silent", "verify", f"DOCUMENT={document}"], repository))
    assert ended == status
    if status:
        assert f"DOCUMENT={document}" in errors
    else:
        assert "claims_002" in (repository / "called-python").read_text().split()


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
    temporary = repository / "temporary"
    temporary.mkdir()
    words = ["env", f"PATH={repository}/stand-ins:{os.environ['PATH']}", f"TMPDIR={temporary}", ".ci/run"]
    status, out, errors = end(start(words, repository, env=environment))
    assert (status, errors) == (0, ""), out
    assert list(temporary.iterdir()) == []


def test_ci_reads_a_mirror_and_runs_nothing_of_it(repository, mirror, tmp_path):
    before = files(mirror)
    run_ci(repository, DATA_MIRROR="../mirror")
    assert (repository / "called-dvc").read_text() == "repro split@handwriting split@fashion split@colour\n"
    assert sorted((repository / "seen").read_text().split()) == ["cifar", "fashion_mnist", "mnist"]
    assert files(mirror) == before
    assert not (tmp_path / "ran").exists()


def test_ci_uses_an_unpacked_mirror_in_place(repository, mirror):
    (mirror / CIFAR).mkdir()
    (mirror / CIFAR / "data_batch_1").write_text("already\n")
    run_ci(repository, DATA_MIRROR=str(mirror))
    assert (repository / "where").read_text() == f"{mirror}\n"


def test_ci_leaves_out_what_a_mirror_lacks(repository, mirror):
    (mirror / f"{CIFAR}.tar.xz").unlink()
    run_ci(repository, DATA_MIRROR=str(mirror))
    assert (repository / "called-dvc").read_text() == "repro split@handwriting split@fashion\n"


def test_ci_compares_results_on_the_python_that_made_them(repository, mirror):
    run_ci(repository, DATA_MIRROR=str(mirror), VERSION="3.13")
    assert not (repository / "called-dvc").exists()


def commands(job):
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def test_workflow_pins_every_action():
    used = re.findall(r"uses:\s*(.*)", WORKFLOW)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_workflow_commands_hold_no_text_that_others_choose():
    assert not [command for job in JOBS for command in commands(job) if "${{" in command]


def test_workflow_writes_the_summary_before_the_gate():
    places = [place for word in ("pr-report", "gate") for place, run in enumerate(commands("report")) if word in run]
    assert len(places) == 2
    assert places == sorted(places)


def test_workflow_job_that_may_write_runs_nothing_of_the_repository():
    """The token of every other job reads only; the job that comments takes a file and checks nothing out."""
    assert yaml.safe_load(WORKFLOW)["permissions"] == {"contents": "read"}
    assert {name for name, job in JOBS.items() if "permissions" in job} == {"comment"}
    comment = JOBS["comment"]
    assert comment["permissions"] == {"pull-requests": "write"}
    assert "head.repo.full_name == github.repository" in comment["if"]  # a fork's token may not write
    assert [step["uses"].split("@")[0] for step in comment["steps"] if "uses" in step] == ["actions/download-artifact"]
    assert all(re.match(r"gh pr comment .*--body-file report\.md$", run) for run in commands("comment"))


@pytest.mark.parametrize("works", [True, False])
def test_workflow_writes_a_summary_also_where_the_report_fails(works, repository):
    shutil.rmtree(repository / "stand-ins")
    write_program(repository / ".venv/bin/python", "echo the page" if works else "echo half; echo error >&2; exit 1")
    summary = repository / "summary"
    (command,) = [run for run in commands("report") if "pr-report" in run]
    words = ["bash", "-e", "-o", "pipefail", "-c", command]
    status, _, errors = end(start(words, repository, env={"GITHUB_STEP_SUMMARY": str(summary), "BASE": "main"}))
    assert status == 0
    line = "the page" if works else "No report: the log of this job says why."
    assert summary.read_text() == (repository / "report.md").read_text() == f"{line}\n"
    assert works or "error" in errors
