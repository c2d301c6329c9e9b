"""Every value of the results of revision 2be3315 is kept when they move."""

import json
import shutil
import subprocess
from collections import Counter

import pandas as pd
import pytest
import yaml

from tests.conversion.convert import ADDED, DROPPED, convert
from tests.conversion.prune import prune
from tests.scratch import ROOT

OLD = "2be3315"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The folder of the results as they were, and as they are moved."""
    folder = tmp_path_factory.mktemp("results")
    archive = subprocess.run(["git", "archive", OLD, "metrics", "plots"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(f"{OLD} is not part of this clone")
    for name in ("old", "new"):
        (folder / name).mkdir()
        subprocess.run(["tar", "-x"], cwd=folder / name, input=archive.stdout, check=True)
    for name in DROPPED:
        shutil.rmtree(folder / "old/plots/models" / name)
        (folder / f"old/metrics/{name}.json").unlink()
    shutil.rmtree(folder / "old/plots/statements")  # made anew from the others: see stages/claims.py
    convert(folder / "new", yaml.safe_load((ROOT / "params.yaml").read_text()))
    return folder / "old", folder / "new"


def numbers(root, suffixes):
    """How often each number stands in the files of a folder."""
    found = Counter()
    for path in root.rglob("*"):
        if path.suffix == ".json" in suffixes:
            found.update(leaves(json.loads(path.read_text())))
        elif path.suffix == ".csv" in suffixes:
            table = pd.read_csv(path, dtype=str, keep_default_na=False)
            cells = table[table.columns.difference(ADDED)].to_numpy().ravel()
            found.update(float(cell) for cell in cells if cell.replace(".", "").replace("-", "").isdigit())
    return found


def leaves(value):
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    return [float(value)]


def test_every_number_of_the_metrics_stands_in_scores(both):
    old, new = (root / part for root, part in zip(both, ("metrics", "plots"), strict=True))
    values = set()
    for path in new.rglob("scores.csv"):
        table = pd.read_csv(path, dtype=str)
        values |= {float(cell) for cell in table[["value", "low", "high", "n"]].to_numpy().ravel() if cell == cell}
    assert not set(numbers(old, (".json",))) - values


def test_every_cell_of_the_tables_is_kept(both):
    old, new = both
    for path in (new / "plots").rglob("scores.csv"):
        path.unlink()
    assert numbers(old / "plots", (".csv",)) == numbers(new / "plots", (".csv",))


def test_every_figure_is_kept(both):
    before, after = (Counter(path.read_bytes() for path in root.rglob("*.png")) for root in both)
    assert before == after


def test_prune_deletes_entries_and_changes_none():
    lock = {"schema": "2.0", "stages": {"a": {"cmd": "x"}, "b": {"cmd": "y"}, "c": {"cmd": "z"}}}
    assert prune(lock, {"a": "x", "b": "other"}) == {"schema": "2.0", "stages": {"a": {"cmd": "x"}}}
