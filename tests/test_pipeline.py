"""The complete pipeline on digits, with every entry of params.yaml, as `dvc repro` runs it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from tests.repositories import COMPLETE, TINY, dvc, ran, sums
from tests.scratch import make_scratch, merge

pytestmark = pytest.mark.slow


def test_complete_pipeline_gives_the_same_bits_twice(tmp_path):
    overrides = yaml.safe_load(yaml.safe_dump(TINY))
    merge(overrides, COMPLETE)
    folders = [tmp_path.resolve() / name for name in ("first", "second")]
    for folder in folders:
        make_scratch(folder, overrides, complete=True)
    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(lambda folder: dvc(folder, "repro"), folders))
    first, second = map(sums, folders)
    assert first == second
    stages = yaml.safe_load((folders[0] / "dvc.lock").read_text())["stages"]
    for folder, output in zip(folders, outputs, strict=True):
        assert set(ran(output)) == set(stages)
        assert "up to date" in dvc(folder, "status")
