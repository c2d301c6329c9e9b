"""The ledger is regular, judges what is planted, and names only what the pipeline makes."""

import math
import re
import subprocess

import pytest
import yaml

from tests.running import command, with_flag
from tests.scratch import ROOT
from vision.evidence.documents import DOCUMENTS, read_document
from vision.evidence.statements import sources as addresses
from vision.evidence.statements.ledger import (
    RULES,
    Statement,
    describe,
    describe_sample,
    judge,
    read_statements,
)
from vision.evidence.statements.rule import FAILS, HOLDS, OPEN, Quantity
from vision.evidence.statements.sources import Sources
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
    write(
        "net", {"test": {"images": 100, "accuracy": value, "accuracy_low": value - half, "accuracy_high": value + half}}
    )


@pytest.mark.parametrize(
    ("value", "half", "expected"), [(0.8, 0.1, HOLDS), (0.2, 0.1, FAILS), (0.6, 0.2, OPEN), (0.4, 0.2, OPEN)]
)
def test_planted_statements_hold_fail_and_stay_open(value, half, expected, sources, write):
    write_accuracy(write, value, half)
    row = judge(planted(), sources, own_images=True)
    assert row["verdict"] == expected
    assert row["row"] == "C1"
    assert row["true_for"] == "at least 50.00 %"
    assert row["settled_by"] == ("about 400 test images" if expected == OPEN else "")
    assert row["value"] == value


def test_of_other_images_nothing_can_be_said(sources, write):
    write_accuracy(write, 0.8, 0.1)
    row = judge(planted(), sources, own_images=False)
    assert (row["verdict"], row["settled_by"]) == (OPEN, "")
    assert row["measured"] == "80.00 % (70.00 to 90.00)"


@pytest.mark.parametrize("changes", [{"of": "net.test.nothing"}, {"rule": None, "of": None, "region": None}])
def test_what_is_not_measured_cannot_be_said(changes, sources, write):
    write_accuracy(write, 0.8, 0.1)
    row = judge(planted(**changes), sources, own_images=True)
    assert (row["verdict"], row["measured"], row["value"]) == (OPEN, "not measured", None)


def test_a_condition_on_a_table(sources, write):
    """Where it is no condition that is one line; a column that is not there, as of another search, is not measured."""
    write("a.csv", [{"x": 1}])
    of = {"table": "a.csv", "where": "y > 0", "rows": "rows"}
    assert judge(planted(rule="share", of=of), sources, own_images=True)["measured"] == "not measured"
    with pytest.raises(UserError, match=r"^the ledger: C1.planted: invalid syntax"):
        judge(planted(rule="share", of=of | {"where": "x >"}), sources, own_images=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"rule": "guess"}, "0.rule"), ({"unit": "miles"}, "0.unit"), ({"id": "X9.a"}, "0.id"),
        ({"region": None}, "needs rule, of and region"), ({"reason": ""}, "0.reason"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_one_line(changes, words):
    with pytest.raises(UserError, match=r"^documents/000\.yaml: statements\.") as error:
        read_statements({"statements": [PLANTED | changes]}, "000")
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_numbers_in_their_units():
    assert describe(Quantity(0.0021, -0.001, 0.004), "points") == "+0.21 points (-0.10 to +0.40)"
    assert describe(Quantity(222360, 222360, 222360), "number") == "222360"
    assert describe_sample(3.04, Quantity(0, 0, 0, "seeds")) == "about 4 times as many seeds"
    assert describe_sample(12.34, Quantity(0, 0, 0, "test images", 10_000)) == "about 130,000 test images"


def test_ids_are_of_their_document_and_stand_once():
    prefixes = {"000": "C", "001": "P", "002": "H", "003": "L", "004": "F"}
    assert all(one.id.startswith(prefixes[name]) for name, one in ALL)
    assert len({one.id for _, one in ALL}) == len(ALL)
    assert {one.rule for _, one in ALL} - {None} == set(RULES), "a rule that no statement uses, or the reverse"


@pytest.mark.parametrize(("name", "one"), ALL, ids=[one.id for _, one in ALL])
def test_a_region_has_an_edge_and_its_values_are_in_order(name, one):
    if one.rule:
        assert one.edges.low <= one.edges.high
        assert math.isfinite(one.edges.low) or math.isfinite(one.edges.high)
    assert one.because
    assert one.states.endswith(".")


@pytest.mark.parametrize(("name", "one"), [found for found in ALL if found[1].rule], ids=lambda found: str(found)[:12])
def test_the_committed_results_hold_what_the_ledger_asks_for(name, one):
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    assert params["datasets"][READ[name]["role"]] == READ[name]["dataset"]
    assert judge(one, COMMITTED, own_images=True)["measured"] != "not measured"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_stage_declares_the_files_that_its_ledger_reads(name, monkeypatch):
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


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The report on the committed results."""
    made = tmp_path_factory.mktemp("report") / "report.html"
    subprocess.run(with_flag(command("report"), "--report", made), cwd=ROOT, check=True)
    return made.read_text()


def test_links_lead_to_places_of_the_report(page):
    links = set(re.findall(r'<td class="text"><a href="#([^"]+)"', page))
    places = re.findall(r' id="([^"]+)"', page)
    assert len(links) > 10
    assert links <= set(places)
    assert len(places) == len(set(places))


def test_the_report_counts_every_verdict(page):
    tally = re.search(r"Of (\d+) statements (.*)</p>", page)
    counts = [int(number) for number in re.findall(r">(\d+)</b>", tally[2])]
    verdicts = [judge(one, COMMITTED._replace(resamples=1000), own_images=True)["verdict"] for _, one in ALL]
    assert [verdicts.count(word) for word in (HOLDS, FAILS, OPEN)] == counts
    assert sum(counts) == int(tally[1]) == len(ALL)
