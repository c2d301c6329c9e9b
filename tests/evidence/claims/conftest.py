"""Results as the pipeline leaves them, written by hand."""

import csv
import json

import pytest

from vision.evidence.claims.sources import Sources


@pytest.fixture
def sources(tmp_path):
    (tmp_path / "metrics").mkdir()
    return Sources(tmp_path / "metrics", tmp_path / "plots", 1000, 0)


@pytest.fixture
def write(sources):
    """Write metrics by name, or a table by its path in plots/ and its rows."""

    def put(name, content):
        if isinstance(content, dict):
            (sources.metrics / f"{name}.json").write_text(json.dumps(content))
            return
        path = sources.plots / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(content[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(content)

    return put
