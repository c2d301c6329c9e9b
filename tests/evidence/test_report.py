"""The page of results: every link leads to a place on it, and claims are counted by verdict."""

import re
from collections import Counter, defaultdict
from pathlib import Path

import stages.claims
from stages import report
from tests.scratch import ROOT
from vision.document_errors.rows import Row
from vision.evidence.claims import claim
from vision.evidence.documents import DOCUMENTS, read_document
from vision.evidence.tables import Results, Table, errors, reported, unmeasured_errors
from vision.pipeline.params import load_params
from vision.pipeline.tables import read_table, write_table
from vision.scores.estimate import Estimate

SCORES = defaultdict(lambda: Estimate(0.5, 0.4, 0.6, 10))


def write_claims(params, plots):
    """The claims of all documents without results, some of which get a verdict; all verdicts."""
    verdicts = []
    for number, name in enumerate(DOCUMENTS):
        tables = plots / "claims" / name
        claims = ROOT / f"documents/{name}.yaml"
        stages.claims.main(params, document=name, claims=claims, plots=plots, tables=tables, metrics=tables / "m.json")
        table = read_table(tables / "claims.csv")
        table.loc[:number, "verdict"] = ["supported", "refuted", "inconclusive", "refuted", "supported"][number]
        write_table(tables / "claims.csv", table)
        verdicts += table.verdict.tolist()
    return Counter(verdicts)


def test_links_lead_to_places_on_the_page_and_claims_are_counted(tmp_path, monkeypatch):
    params = load_params(ROOT / "params.yaml")
    monkeypatch.setattr(claim, "measure", lambda *_: None)
    verdicts = write_claims(params, tmp_path)
    for part in ("figures/003", "figures/004", "benchmark"):  # sections are of what was made
        (tmp_path / part).mkdir(parents=True)
    template = (report.TEMPLATES / "report.html.jinja").read_text()
    for name in re.findall(r'table\("(\w+)"', template):
        monkeypatch.setattr(report.tables, name, lambda *_: Table("", ["a"], [["b"]]))
    found = [("B0.1: An error.", Table("", ["a"], [["b"]]))]
    monkeypatch.setattr(report.tables, "errors", lambda _, document: found if document == "000" else [])
    monkeypatch.setattr(report.tables, "by_accuracy", lambda _, role: [{"model": m} for m in params.models_of(role)])
    monkeypatch.setattr(Results, "scores", lambda *_: SCORES)
    monkeypatch.setattr(Path, "read_bytes", lambda _: b"a picture")
    report.main(params, documents=ROOT / "documents", plots=tmp_path, report=tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    ids, links = re.findall(r'\bid="([^"]*)"', page), set(re.findall(r'href="#([^"]*)"', page))
    assert len(links) > 20
    assert links <= set(ids)
    assert len(ids) == len(set(ids))
    described = len(read_document(ROOT / "documents/errors.yaml"))
    assert f"Of {described} errors, 1 are repeated" in page
    lead = re.search(rf"Of {verdicts.total()} claims, (.*?)\.</p>", page)[1]
    counted = re.findall(r">(\d+)</b> (?:are )?([a-z :]+)", lead)
    assert {verdict: int(count) for count, verdict in counted} == verdicts


def test_reported_number_outside_the_prediction_interval_has_a_star():
    row = {"prediction_low": 0.91, "prediction_high": 0.93}
    texts = [reported(row | {"reported": number}, "percent") for number in (0.92, 0.94, None)]
    assert texts == ["92.00 %", "94.00 % *", ""]


def test_every_error_of_a_document_is_in_one_of_two_tables(tmp_path):
    described = read_document(ROOT / "documents/errors.yaml")
    for document in DOCUMENTS:
        of_document = {bug: entry for bug, entry in described.items() if bug.startswith(f"B{int(document)}.")}
        rows = [
            Row(bug, measure, "percent", left_out="no data").record(document, entry)
            for bug, entry in of_document.items()
            for measure in entry.get("measures", ())
        ]
        write_table(tmp_path / f"document_errors/{document}/errors.csv", rows)
        results = Results(load_params(ROOT / "params.yaml"), tmp_path, ROOT / "documents")
        titles = [title for title, _ in errors(results, document)]
        titles += [cells[0] for cells in unmeasured_errors(results, document).rows]
        assert sorted(titles) == sorted(f"{bug}: {entry['error']}" for bug, entry in of_document.items())
