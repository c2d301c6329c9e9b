"""The documents' mistakes in words: none without words, in the documents' order, and as text that reads."""

import re

import pandas as pd
import pytest

from tests.scratch import ROOT
from vision.evidence.mistakes import FORMATS, MISTAKES, show, tell
from vision.mistakes.rows import Measured, exact, left_out, row
from vision.pipeline.tables import read_table
from vision.results.tables import write_table

WAYS = Measured(0.5, 0.4, 0.6), Measured(0.25, 0.2, 0.3), Measured(0.25, 0.1, 0.4)
SOURCES = "\n".join(path.read_text() for path in (ROOT / "vision/mistakes").glob("*.py"))


def test_every_bug_that_is_measured_has_words_and_none_other():
    assert set(re.findall(r'"(B\d\.\d+)"', SOURCES)) == set(MISTAKES)
    for bug, mistake in MISTAKES.items():
        assert mistake.done.endswith(".")
        for measure in mistake.measures:
            known = measure in ("train_loss", "train_accuracy") or f'"{measure}"' in SOURCES
            assert known, f"{bug}: nothing measures {measure}"


def test_every_unit_that_is_measured_can_be_shown():
    assert set(re.findall(r'"(percent|points|nats|times|epochs|curves|features|number)"', SOURCES)) == set(FORMATS)


def test_rows_come_in_the_documents_order_with_words_and_texts(tmp_path):
    rows = [
        row("B3.10", "best_point_lead", "points", *WAYS, sample="3 seeds"),
        row("B3.4", "misnamed_curves", "curves", exact(15), exact(0), exact(15), sample=""),
        row("B0.5", "train_loss", "nats", *WAYS, sample="3 seeds", at="100 images"),
        left_out("B0.6", "test_loss_per_decade", "times", "one seed alone"),
    ]
    write_table(tmp_path / "rows.csv", rows)
    told = tell(read_table(tmp_path / "rows.csv")).to_dict("records")
    assert [found["bug"] for found in told] == ["B0.5", "B0.6", "B3.4", "B3.10"]
    assert [found["document"] for found in told] == ["000", "000", "003", "003"]
    first, omitted, counted, lead = told
    assert first["what"] == "training loss, 100 images"
    assert first["wrong_shown"] == "0.5000 nats (0.4000 to 0.6000)"
    assert (omitted["left_out"], omitted["wrong_shown"], omitted["shows"]) == ("one seed alone", "", False)
    assert (counted["wrong_shown"], counted["right_shown"]) == ("15 curves", "0 curves")
    assert lead["change_shown"] == "+25.00 points (+10.00 to +40.00)"


@pytest.mark.parametrize(
    ("unit", "low", "high", "shows"),
    [
        ("points", 0.1, 0.4, True), ("points", -0.1, 0.4, False), ("percent", -0.4, 0.3, False),
        ("times", 0.2, 0.9, True), ("times", 0.2, 1.1, False), ("nats", 0, 0.4, False),
    ],
)  # fmt: skip
def test_a_change_shows_where_its_interval_leaves_out_that_there_is_none(unit, low, high, shows):
    rows = pd.DataFrame([row("B1.1", "test_loss", unit, *WAYS[:2], Measured(0.25, low, high), sample="")])
    assert tell(rows).shows.tolist() == [shows]


def test_the_change_of_a_share_is_in_points():
    rows = pd.DataFrame([row("B1.1", "test_accuracy", "percent", *WAYS, sample="")])
    (found,) = tell(rows).to_dict("records")
    assert (found["wrong_shown"], found["change_shown"]) == (
        "50.00 % (40.00 to 60.00)", "+25.00 points (+10.00 to +40.00)"
    )  # fmt: skip


def test_nothing_is_shown_as_less_than_nothing():
    assert show(-1e-9, -1e-9, -1e-9, "points") == "+0.00 points"
    assert show(-1e-9, -1e-9, -1e-9, "nats") == "0.0000 nats"


def test_a_bug_without_words_is_an_error():
    with pytest.raises(KeyError, match=r"B9\.9"):
        tell(pd.DataFrame([row("B9.9", "x", "number", *WAYS, sample="")]))
