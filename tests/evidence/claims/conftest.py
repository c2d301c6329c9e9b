"""Results as the pipeline writes them."""

import pytest

from vision.evidence.claims.sources import Sources
from vision.pipeline.tables import write_table
from vision.scores.estimate import write_scores

NET = "models/role/net/evaluation"


@pytest.fixture
def sources(tmp_path):
    return Sources(tmp_path, 1000, 0)


@pytest.fixture
def write(tmp_path):
    """Write nested scores into a folder below plots/, or the rows of a table to a path."""

    def put(name, content):
        if isinstance(content, dict):
            write_scores(tmp_path / name / "scores.csv", content)
        else:
            write_table(tmp_path / name, content)

    return put
