"""The ledger is regular, judges what is planted, and names only what the pipeline makes."""

import math
import re
import subprocess

import pytest
import yaml

from tests.running import command, with_flag
from tests.scratch import ROOT
from vision.evidence.claims import sources as addresses
from vision.evidence.claims.ledger import (
    RULES,
    Statement,
    describe,
    describe_region,
    describe_sample,
    judge,
    read_statements,
)
from vision.evidence.claims.rule import FAILS, HOLDS, OPEN, Quantity
from vision.evidence.claims.sources import Sources
from vision.evidence.documents import DOCUMENTS, read_document
from vision.pipeline.errors import UserError

READ = {name: read_document(ROOT / f"documents/{name}.yaml") for name in DOCUMENTS}
LEDGER = {name: read_statements(document, name) for name, document in READ.items()}
ALL = [(name, one) for name, found in LEDGER.items() for one in found]
COMMITTED = Sources(ROOT / "metrics", ROOT / "plots", 100, 0)
PLANTED = {
    "id": "C1.planted", "says": "it is so", "states": "It is so.", "rule": "number", "of": "net.test.accuracy",
    "unit": "percent", "region": [0.5, None], "because": "most is more than half",
}  # fmt: skip


def planted(**changes):
    return Statement.model_validate(PLANTED | changes)


def write_accuracy(write, value, half):
    test = {"images": 100, "accuracy": value, "accuracy_low": value - half, "accuracy_high": value + half}
    write("net", {"test": test})


@pytest.mark.parametrize(
    ("value", "half", "expected"), [(0.8, 0.1, HOLDS), (0.2, 0.1, FAILS), (0.6, 0.2, OPEN), (0.4, 0.2, OPEN)]
)
def test_judge_gives_verdict_region_and_sample(value, half, expected, sources, write):
    write_accuracy(write, value, half)
    row = judge(planted(), sources, own_images=True)
    assert (row["row"], row["verdict"], row["value"]) == ("C1", expected, value)
    assert row["true_for"] == "at least 50.00 %"
    assert row["settled_by"] == ("about 400 test images" if expected == OPEN else "")
    row = judge(planted(), sources, own_images=False)  # of other images nothing can be said
    assert (row["verdict"], row["settled_by"], row["value"]) == (OPEN, "", value)


@pytest.mark.parametrize(
    "changes",
    [
        {"of": "net.test.nothing"},
        {"rule": None, "of": None, "region": None},
        {"rule": "share", "of": {"table": "a.csv", "where": "y > 0", "rows": "rows"}},  # a column of another search
    ],
)
def test_judge_of_what_is_not_measured_is_open(changes, sources, write):
    write_accuracy(write, 0.8, 0.1)
    write("a.csv", [{"x": 1}])
    row = judge(planted(**changes), sources, own_images=True)
    assert (row["verdict"], row["measured"], row["value"]) == (OPEN, "not measured", None)


def test_wrong_entries_of_the_ledger_are_named(sources, write):
    for changes, words in (({"rule": "guess"}, "0.rule"), ({"region": None}, "needs rule, of and region")):
        with pytest.raises(UserError, match=rf"^documents/000\.yaml: statements\..*{words}"):
            read_statements({"statements": [PLANTED | changes]}, "000")
    write("a.csv", [{"x": 1}])
    wrong = planted(rule="share", of={"table": "a.csv", "where": "x >", "rows": "rows"})
    with pytest.raises(UserError, match=r"^the ledger: C1.planted: invalid syntax"):
        judge(wrong, sources, own_images=True)


def test_describe_shows_numbers_regions_and_samples_in_their_units():
    assert describe(Quantity(0.0021, -0.001, 0.004), "points") == "+0.21 points (-0.10 to +0.40)"
    assert describe(Quantity(222360, 222360, 222360), "number") == "222360"
    regions = {(0.5, 0.6): "50.00 to 60.00 %", (None, 0.5): "at most 50.00 %", (0.5, 0.5): "50.00 %"}
    assert {region: describe_region(planted(region=region)) for region in regions} == regions
    assert describe_sample(3.04, Quantity(0, 0, 0, "seeds")) == "about 4 times as many seeds"
    assert describe_sample(12.34, Quantity(0, 0, 0, "test images", 10_000)) == "about 130,000 test images"


def test_statements_are_regular():
    """Ids are of their document and unique, each rule is used, and regions have an edge."""
    prefixes = {"000": "C", "001": "P", "002": "H", "003": "L", "004": "F"}
    assert [one.id for name, one in ALL if not one.id.startswith(prefixes[name])] == []
    assert len({one.id for _, one in ALL}) == len(ALL)
    assert {one.rule for _, one in ALL} - {None} == set(RULES)
    for _, one in ALL:
        assert one.because, one.id
        if one.rule:
            assert one.edges.low <= one.edges.high, one.id
            assert any(map(math.isfinite, one.edges)), one.id


def test_committed_results_hold_what_the_ledger_asks_for():
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    assert all(params["datasets"][document["role"]] == document["dataset"] for document in READ.values())
    rows = [judge(one, COMMITTED, own_images=True) for _, one in ALL if one.rule]
    assert [row["id"] for row in rows if row["measured"] == "not measured"] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_stage_declares_the_files_that_its_ledger_reads(name, monkeypatch):
    read = set()
    for reader in ("read_metrics", "read_table"):
        original = getattr(addresses, reader)
        monkeypatch.setattr(addresses, reader, lambda path, original=original: read.add(path) or original(path))
    for one in LEDGER[name]:
        judge(one, COMMITTED, own_images=True)
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    deps = {dep for dep in stages[f"statements_{name}"]["deps"] if dep.startswith(("metrics/", "plots/"))}
    found = {str(path.relative_to(ROOT)) for path in read}
    assert {"metrics/spaces" if name.startswith("metrics/spaces/") else name for name in found} == deps


@pytest.mark.slow
def test_report_links_to_its_own_places_and_counts_every_verdict(tmp_path):
    """On the committed results."""
    made = tmp_path / "report.html"
    subprocess.run(with_flag(command("report"), "--report", made), cwd=ROOT, check=True)
    page = made.read_text()
    links = set(re.findall(r'<td class="text"><a href="#([^"]+)"', page))
    places = re.findall(r' id="([^"]+)"', page)
    assert len(links) > 10
    assert links <= set(places)
    assert len(places) == len(set(places))
    tally = re.search(r"Of (\d+) statements (.*)</p>", page)
    counts = [int(number) for number in re.findall(r">(\d+)</b>", tally[2])]
    verdicts = [judge(one, COMMITTED._replace(resamples=1000), own_images=True)["verdict"] for _, one in ALL]
    assert [verdicts.count(word) for word in (HOLDS, FAILS, OPEN)] == counts
    assert sum(counts) == int(tally[1]) == len(ALL)
