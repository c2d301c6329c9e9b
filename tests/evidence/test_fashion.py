"""The chapter on document 004, from planted results: in the report, and in the ledger's verdicts."""

import os
import re
import shutil

import pytest

from stages import report, statements
from tests.fashion import FINITE_EPOCHS, NETWORKS, plant
from tests.parameters import VALUES
from tests.scratch import ROOT
from vision.evidence.documents import read_document
from vision.evidence.fashion import chapter, plain_table
from vision.pipeline.params import parse_params
from vision.pipeline.tables import read_records
from vision.results.tables import write_table

PARAMS = parse_params(VALUES)
FOLDERS = (
    "models", "comparison", "convnet", "relu_mlp", "searches", "resnet18", "spaces", "panel", "from_scratch", "vgg16",
    "replications", "replicated_sweep", "statements",
)  # fmt: skip


def found_in(folder, params=PARAMS):
    folders = {"metrics": folder / "metrics", "from_scratch": folder / "plots/from_scratch"}
    return chapter(params, read_document(ROOT / "documents/004.yaml"), **folders, vgg16=folder / "plots/vgg16")


def test_networks_have_what_they_reached_and_the_documents_beside_it(tmp_path):
    plant(tmp_path)
    rows = {row["model"]: row for row in found_in(tmp_path)["networks"]}
    assert set(rows) == set(NETWORKS)
    assert (rows["sklearn_linear_defaults"]["kept"], rows["sklearn_linear_defaults"]["finite_epochs"]) == ({}, 0)
    assert rows["numpy_relu"]["kept"]["epoch_50"]["printed"] == 0.897
    assert rows["numpy_relu"]["name"] == "NumPy, ReLU"
    assert rows["sklearn_tanh_defaults"]["name"] == "scikit-learn, tanh, its defaults"
    assert set(rows["numpy_linear"]["kept"]) == {"best"}
    assert rows["numpy_linear"]["finite_epochs"] == FINITE_EPOCHS["numpy_linear"]


def test_of_other_images_the_document_printed_nothing(tmp_path):
    plant(tmp_path)
    other = parse_params(VALUES | {"datasets": VALUES["datasets"] | {"fashion": "digits"}})
    assert found_in(tmp_path)["average"] == 0.9164
    assert found_in(tmp_path, other)["average"] is None


def test_any_table_is_text_with_intervals_in_one_cell(tmp_path):
    rows = [{"a": "cat", "x": 0.5, "x_low": 0.4, "x_high": 0.6, "n": 7}, {"a": None, "x": 0.25, "n": 8}]
    write_table(tmp_path / "a.csv", rows)
    found = plain_table(tmp_path / "a.csv")
    assert found == {"columns": ["a", "x", "n"], "rows": [["cat", "0.5 (0.4 to 0.6)", "7"], ["", "0.25", "8"]]}


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """The committed results with planted ones of document 004 over them; the working directory is theirs."""
    for name in ("metrics", "plots"):
        shutil.copytree(ROOT / name, tmp_path / name, copy_function=os.symlink)
    for name in ("from_scratch", "vgg16", "models/vgg16", "models/vgg16_frozen"):
        shutil.rmtree(tmp_path / "plots" / name, ignore_errors=True)
    plant(tmp_path)
    os.symlink(ROOT / "documents", tmp_path / "documents")
    monkeypatch.chdir(tmp_path)
    folders = {name: tmp_path.__class__(name) for name in ("metrics", "plots")}
    ledger, table = ROOT / "documents/004.yaml", folders["plots"] / "statements/004.csv"
    table.unlink(missing_ok=True)
    statements.main(PARAMS, document="004", ledger=ledger, **folders, statements=table)
    return folders


def test_the_ledger_measures_all_that_it_names(planted):
    verdicts = {row["id"]: row for row in read_records(planted["plots"] / "statements/004.csv")}
    ruled = {one["id"] for one in read_document(ROOT / "documents/004.yaml")["statements"] if "rule" in one}
    assert {name for name, row in verdicts.items() if row["measured"] != "not measured"} == ruled
    assert len(ruled) >= 50
    for name in ("F2.when", "F6.sklearn_diverges", "F8.best", "F14.worst", "F14.false_negatives", "F10.increasing"):
        assert verdicts[name]["verdict"] == "holds", name
    assert verdicts["F8.epochs"]["verdict"] == "cannot be said"
    assert verdicts["F10.fluctuating"]["verdict"] == "does not hold"
    assert verdicts["F14.coat"]["value"] == 3  # as in the document's own matrix, of which this cannot be said
    assert (verdicts["F14.false_positives"]["value"], verdicts["F14.false_positives"]["verdict"]) == (
        157 - 138,
        "cannot be said",
    )


def test_the_report_shows_the_chapter_and_links_into_it(planted):
    folders = {name: planted["plots"] / name for name in FOLDERS}
    page = planted["plots"].parent / "page.html"
    others = {"metrics": planted["metrics"], "errors": planted["plots"] / "documents", "report": page}
    report.main(PARAMS, documents=page.parent / "documents", **folders, **others)
    text = page.read_text(encoding="utf-8")
    of_chapter = text[text.index('<h2 id="fashion">') : text.index('<h2 id="mistakes">')]
    assert len(re.findall("<figure", of_chapter)) == 9
    assert "its loss grew beyond use in epoch 27, where it ends." in of_chapter
    assert "its loss grew beyond use in epoch 1, so that there is nothing to judge." in of_chapter
    assert "document 89.70 %" in of_chapter
    assert "91.64 %" in of_chapter
    assert "0.6 (0.5 to 0.7)" in of_chapter
    links, places = re.findall(r'<td class="text"><a href="#([^"]+)"', text), re.findall(r' id="([^"]+)"', text)
    assert set(links) <= set(places)
    assert len(places) == len(set(places))
