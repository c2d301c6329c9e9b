"""What every test starts from: a stage's numerics and one thread; and which tier of the tests this is."""

import pytest

import stages  # noqa: F401  a stage's numerics, before anything that computes is imported
from vision.pipeline.process import settle


@pytest.fixture(autouse=True)
def settled():
    settle(seed=0, threads=1)


@pytest.fixture(scope="session")
def miniature(tmp_path_factory):
    """A scratch copy in which all stages have run on a few digits; one worker makes it and has all of its tests."""
    from tests.miniature import build  # DVC takes a second to import

    return build(tmp_path_factory.mktemp("miniature").resolve())


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Begin with what takes longest: the tests of whole pipelines."""
    for item in items:
        if "miniature" in item.fixturenames:
            item.add_marker(pytest.mark.xdist_group("miniature"))
    items.sort(key=lambda item: "miniature" not in item.fixturenames and "pipeline" not in item.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    slow = config.option.markexpr == "slow"
    this, other = ("slow", "`make test` runs the fast one") if slow else ("fast", "`make test-slow` runs the slow one")
    terminalreporter.write_line(f"This was the {this} tier of the tests; {other}.")
