"""A scratch copy in which single stages run in this process, on images of noise."""

import pytest

from tests.running import call, command, make_small


@pytest.fixture
def scratch(tmp_path):
    """A scratch copy where split has run."""
    folder = make_small(tmp_path / "scratch")
    call(command("split@handwriting"), folder)
    return folder


@pytest.fixture
def run_stage(scratch, capsys):
    """Run a stage of dvc.yaml by its name in the scratch copy; return what it printed."""

    def run(stage):
        call(command(stage), scratch)
        return "".join(capsys.readouterr())

    return run
