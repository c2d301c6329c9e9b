"""What every test starts from: one thread, so that tests side by side do not wait for each other."""

import os

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # as stages/__init__.py does, before torch is imported

import pytest

from vision.pipeline.process import settle


@pytest.fixture(autouse=True)
def settled():
    settle(seed=0, threads=1)


def pytest_collection_modifyitems(items):
    """Begin with the longest test, so that the others run beside it."""
    items.sort(key=lambda item: item.name != "test_the_whole_pipeline")
