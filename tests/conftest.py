"""What every test starts from: a stage's numerics and one thread; and which tier of the tests this is."""

import numpy as np
import pytest

import stages  # noqa: F401  a stage's numerics, before anything that computes is imported
from vision.pipeline.process import fix_seeds_and_threads


@pytest.fixture(autouse=True)
def settled():
    fix_seeds_and_threads(seed=0, threads=1)


@pytest.fixture
def generator():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def miniature(tmp_path_factory):
    """A scratch copy where all stages have run on a few digits; one worker makes it, since each takes whole files."""
    from tests.miniature import build  # DVC takes a second to import

    return build(tmp_path_factory.mktemp("miniature").resolve())


def pytest_collection_modifyitems(items):
    """Begin with the files that take longest: the tests of whole pipelines."""
    items.sort(key=lambda item: item.path.stem not in ("test_miniature", "test_pipeline", "test_additions"))


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter, config):
    slow = config.option.markexpr == "slow"
    this, other = ("slow", "`make test` runs the fast one") if slow else ("fast", "`make test-slow` runs the slow one")
    terminalreporter.write_line(f"This was the {this} tier of the tests; {other}.")
