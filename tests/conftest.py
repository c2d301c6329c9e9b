"""What every test starts from: a stage's numerics, and one thread, so that tests side by side need not wait."""

import pytest

import stages  # noqa: F401  a stage's numerics, before anything that computes is imported
from vision.pipeline.process import settle


@pytest.fixture(autouse=True)
def settled():
    settle(seed=0, threads=1)


def pytest_collection_modifyitems(items):
    """Begin with the longest test, so that the others run beside it."""
    items.sort(key=lambda item: item.name != "test_the_whole_pipeline")
